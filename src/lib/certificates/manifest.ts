import { readInput } from '../bbs/config-file.ts';
import { UsageError } from '../errors.ts';
import { type CaBundle, type FoundCertificate, readable, type Role } from './found.ts';
import type { CertificateBlock, PrivateKeyBlock } from './pem.ts';
import { placeOf } from './place.ts';
import { pemInYaml, type PemValue } from './yaml-pem.ts';

/**
 * Reads every certificate in a YAML manifest, ops file or vars file.
 *
 * @throws {UsageError} when it cannot be read, is not YAML or holds no certificate.
 */
export async function readManifest(file: string): Promise<FoundCertificate[]> {
  const found = await certificatesInManifest(await readInput(file), file);
  if (found.length > 0) return found;
  throw new UsageError(`${file} holds no certificate.`, {
    why: '((variables)) are not looked up.',
    next: 'Name the vars file, or the manifest as BOSH has it with its variables filled in.',
  });
}

/**
 * The certificates in YAML. They belong together with the keys and CAs that stand beside them in the same map: `certificate`,
 * `private_key`, `ca`; `server_cert`, `server_key`, `ca_cert`; and so on.
 */
export async function certificatesInManifest(text: string, source: string): Promise<FoundCertificate[]> {
  const groups = await pemInYaml(text, source);
  return groups.flatMap((values) => certificatesInMap(values, source));
}

type Kind = 'certificate' | 'ca' | 'key';

interface Part {
  kind: Kind;
  /** What is left of the name without its kind: `server` of `server_cert`, nothing of `certificate`. */
  stem: string;
  value: PemValue;
}

/** `server_cert` is the certificate of `server`, `server_key` its key, `ca_cert` a CA; camelCase is read as snake_case. */
function partOf(value: PemValue): Part {
  const name = value.name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  const patterns: [Kind, RegExp][] = [
    ['key', /^(.*?)_?(?:private_)?key$/],
    ['ca', /^(?:(.*?)_)?ca(?:s|_certs?|_certificates?|_crt)?$/],
    ['certificate', /^(.*?)_?(?:public_)?(?:certs?|certificates?|cert_chain|crt|pem|cert_pem)$/],
  ];
  for (const [kind, pattern] of patterns) {
    const match = pattern.exec(name);
    if (match !== null) return { kind, stem: match[1] ?? '', value };
  }
  return { kind: 'certificate', stem: name, value };
}

function certificatesInMap(values: readonly PemValue[], source: string): FoundCertificate[] {
  const parts = values.map(partOf);
  const withCertificates = parts.filter(({ value }) => value.pem.certificates.length > 0);
  return withCertificates.flatMap((part) => {
    const { path, line, pem } = part.value;
    const identity = isIdentity(part, parts);
    return pem.certificates.map((block, index): FoundCertificate => {
      const role: Role = !identity ? 'ca' : index === 0 ? 'identity' : 'chain';
      return {
        source,
        at: pem.certificates.length > 1 ? `${path} (${index + 1} of ${pem.certificates.length})` : path,
        line: line + block.line - 1,
        role,
        place: role === 'identity' ? placeOf(path) : null,
        block,
        chain: readable(without(pem.certificates, index)),
        key: role === 'identity' ? keyOf(part, parts) : null,
        ca: role === 'identity' ? caOf(part, parts) : null,
        notes: [],
      };
    });
  });
}

/** A CA with a key of its own beside it (`instance_identity_ca_cert`, `instance_identity_key`) signs by itself. */
function isIdentity(part: Part, parts: readonly Part[]): boolean {
  if (part.kind !== 'ca') return true;
  const sharesKey = parts.some(
    (other) =>
      other.kind === 'certificate' && other.stem === part.stem && other.value.pem.certificates.length > 0,
  );
  return part.stem !== '' && !sharesKey && namedKey(part, parts) !== undefined;
}

function namedKey({ stem }: Part, parts: readonly Part[]): PrivateKeyBlock | undefined {
  return parts.find((other) => other.kind === 'key' && other.stem === stem)?.value.pem.keys[0];
}

function keyOf(part: Part, parts: readonly Part[]): PrivateKeyBlock | null {
  const own = part.value.pem.keys[0] ?? namedKey(part, parts);
  if (own !== undefined) return own;
  // One certificate and one key in a map belong together whatever they are called.
  const keys = parts.filter(({ value }) => value.pem.keys.length > 0);
  const others = parts.filter(
    (other) => other !== part && other.kind !== 'ca' && other.value.pem.certificates.length > 0,
  );
  return (keys.length === 1 && others.length === 0 ? keys[0]?.value.pem.keys[0] : undefined) ?? null;
}

/** `nats_ca` for `nats_cert` if there is one, else the plain `ca` or `ca_cert` of the map. */
function caOf(part: Part, parts: readonly Part[]): CaBundle | null {
  const cas = parts.filter((other) => other.kind === 'ca' && other !== part);
  const own = cas.filter(({ stem }) => stem === part.stem);
  const chosen = own.length > 0 ? own : cas.filter(({ stem }) => stem === '');
  const certificates = chosen.flatMap(({ value }) => readable(value.pem.certificates));
  if (certificates.length === 0) return null;
  return { certificates, name: chosen.map(({ value }) => value.path).join(', ') };
}

function without(blocks: readonly CertificateBlock[], index: number): CertificateBlock[] {
  return blocks.filter((_, other) => other !== index);
}
