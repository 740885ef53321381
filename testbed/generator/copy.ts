import { once } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';

/** What a COPY takes for a column. `null` is NULL. */
export type Field = string | number | bigint | boolean | null;

const CHUNK_CHARACTERS = 256 * 1024;

/** pg's Query refuses COPY FROM STDIN; this one hands over the connection when the server is ready to take data. */
class CopyQuery extends pg.Query {
  readonly ready: Promise<CopyConnection>;
  readonly done: Promise<void>;
  #isReady!: (connection: CopyConnection) => void;

  constructor(sql: string) {
    super(sql);
    this.ready = new Promise((resolve) => (this.#isReady = resolve));
    this.done = new Promise((resolve, reject) => {
      this.once('end', () => {
        resolve();
      });
      this.once('error', reject);
    });
    this.done.catch(() => undefined);
  }

  /** Called by pg's Client. */
  handleCopyInResponse(connection: CopyConnection): void {
    this.#isReady(connection);
  }
}

interface CopyConnection {
  readonly stream: Socket;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Writes rows into one table as fast as PostgreSQL takes them, with one chunk in memory. */
export class CopyIn {
  readonly #query: CopyQuery;
  readonly #connection: CopyConnection;
  #chunk = '';

  private constructor(query: CopyQuery, connection: CopyConnection) {
    this.#query = query;
    this.#connection = connection;
  }

  /** The client belongs to the COPY until {@link CopyIn.end}. */
  static async start(client: pg.Client, table: string, columns: readonly string[]): Promise<CopyIn> {
    const query = new CopyQuery(`COPY ${table} (${columns.join(', ')}) FROM STDIN`);
    client.query(query);
    const connection = await Promise.race([query.ready, query.done]);
    if (connection === undefined) throw new Error(`COPY ${table} ended before it began.`);
    return new CopyIn(query, connection);
  }

  /** Adds a row. Wait for what it returns, if it returns something: the server is behind. */
  write(row: readonly Field[]): Promise<void> | undefined {
    this.#chunk += encodeRow(row);
    return this.#chunk.length < CHUNK_CHARACTERS ? undefined : this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#connection.endCopyFrom();
    await this.#query.done;
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.from(this.#chunk);
    this.#chunk = '';
    if (chunk.length > 0) this.#connection.sendCopyFromChunk(chunk);
    if (this.#connection.stream.writableNeedDrain) {
      await Promise.race([once(this.#connection.stream, 'drain'), this.#query.done]);
    }
  }
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** COPY's text format: tabs between the columns, a backslash before what would be mistaken for them. */
function encodeRow(row: readonly Field[]): string {
  return `${row.map(encodeField).join('\t')}\n`;
}

function encodeField(field: Field): string {
  if (field === null) return '\\N';
  if (typeof field !== 'string') return String(field);
  return /[\\\t\n\r]/.test(field) ? field.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : field;
}
