import { readFile } from 'node:fs/promises';
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';
import { messageOf, UsageError } from '../errors.ts';
import { parseFailure } from './yaml-errors.ts';

export type ParsedDocument = Document.Parsed;

export interface Position {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units as editors count. */
  column: number;
}

/** A key that a map holds twice. Parsers differ on which of both counts. */
export interface DuplicateKey {
  key: string;
  offset: number;
}

/**
 * A YAML or JSON file as it is on disk, with its syntax tree. Offsets in the tree are offsets into `text`, so an edit can be
 * spliced in and every other byte stays.
 */
export interface Source {
  path: string;
  text: string;
  /** The file is strict JSON (bbs.json). */
  json: boolean;
  documents: ParsedDocument[];
  duplicates: DuplicateKey[];
  /** What each alias stands for. */
  aliases: ReadonlyMap<Alias, Node>;
  at(offset: number): Position;
}

/**
 * Reads a manifest, cloud config, vars file, ops file or bbs.json.
 * @throws {UsageError} when it cannot be read, is not UTF-8, or is malformed (with file, line and column; never with its text).
 */
export async function readSource(path: string): Promise<Source> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read.`, { why: messageOf(error), cause: error });
  }
  return parseSource(path, decode(path, bytes));
}

function decode(path: string, bytes: Buffer): string {
  try {
    // The byte order mark, if there is one, is part of the text: it must be written back.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path} is not UTF-8 text.`, {
      why: 'Its bytes cannot be decoded, so an edit could not leave the rest as it is.',
      next: 'Convert the file to UTF-8.',
    });
  }
}

/** Parses the text of a file. `path` is for messages and tells JSON (`.json`) from YAML. */
export function parseSource(path: string, text: string): Source {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const json = isJson(path, text);
  if (json) assertJson(path, text);
  const parsed = parseAllDocuments(text, {
    keepSourceTokens: true,
    lineCounter: lines,
    logLevel: 'silent',
    merge: false,
    // The messages of the parser quote the file, and the file holds secrets.
    prettyErrors: false,
    // Reported below with both places; spiff repeats `<<` on purpose.
    uniqueKeys: false,
  });
  const documents: ParsedDocument[] = 'empty' in parsed ? [] : parsed;
  for (const document of documents) {
    const [error] = document.errors;
    if (error) throw parseFailure(path, position(error.pos[0]), error.code);
  }
  const aliases = new Map<Alias, Node>();
  const duplicates: DuplicateKey[] = [];
  for (const document of documents) {
    const dangling = resolveAliases(document, aliases);
    if (dangling) throw parseFailure(path, position(dangling.range?.[0] ?? 0), 'UNRESOLVED_ALIAS');
    duplicates.push(...duplicateKeys(document));
  }
  return { path, text, json, documents, duplicates, aliases, at: position };
}

/** @throws {UsageError} when a map has the same key twice: an edit of it would mean different things to different parsers. */
export function assertNoDuplicates(source: Source): void {
  const [first] = source.duplicates;
  if (first) throw parseFailure(source.path, source.at(first.offset), 'DUPLICATE_KEY');
}

function isJson(path: string, text: string): boolean {
  return path.endsWith('.json') || (/^\uFEFF?\s*\{/.test(text) && parsesAsJson(text));
}

function parsesAsJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return true;
  } catch {
    return false;
  }
}

function assertJson(path: string, text: string): void {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const offset = /at position (\d+)/.exec(messageOf(error))?.[1];
    const before = text.slice(0, offset === undefined ? text.length : Number(offset));
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    throw parseFailure(path, { line, column }, 'JSON');
  }
}

/** Fills `aliases` and returns the first alias that stands for nothing. */
function resolveAliases(document: ParsedDocument, aliases: Map<Alias, Node>): Alias | undefined {
  const anchors = new Map<string, Node>();
  let dangling: Alias | undefined;
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) {
        dangling = node;
        return visit.BREAK;
      }
      aliases.set(node, target);
    } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      anchors.set(node.anchor, node);
    }
    return undefined;
  });
  return dangling;
}

function duplicateKeys(document: ParsedDocument): DuplicateKey[] {
  const found: DuplicateKey[] = [];
  visit(document, {
    Map(_key, map) {
      if (!isMap(map)) return;
      const seen = new Set<string>();
      for (const pair of map.items) {
        if (!isPair(pair) || !isScalar(pair.key)) continue;
        const key = String(pair.key.value);
        if (key !== '<<' && seen.has(key)) found.push({ key, offset: pair.key.range?.[0] ?? 0 });
        seen.add(key);
      }
    },
  });
  return found;
}
