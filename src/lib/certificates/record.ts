import { defineRecord, type Level } from '../output/record.ts';
import { oneLine } from '../output/text.ts';
import { plural } from '../output/units.ts';
import type { CertificateRow } from './check.ts';

/** A certificate as `cgdiego certs` lists it. */
export const certificateRecord = defineRecord<CertificateRow>({
  name: 'certificate',
  plural: 'certificates',
  id: (row) => [row.source, ...row.at.slice(0, 1)].join(' '),
  columns: [
    {
      name: 'days_left',
      heading: 'DAYS',
      description: 'whole days until it expires; negative after that',
      align: 'right',
      level: ({ days_left: days, findings }): Level | undefined =>
        days === null || findings.includes('expired')
          ? 'bad'
          : findings.includes('expires_soon')
            ? 'warn'
            : undefined,
    },
    {
      name: 'common_name',
      heading: 'NAME',
      description: 'common name of the subject',
      text: (row) => row.common_name ?? row.sans[0] ?? row.subject ?? '?',
    },
    { name: 'source', description: 'file or endpoint, as it was named' },
    {
      name: 'at',
      heading: 'WHERE',
      description: 'paths in a manifest, fields of bbs.json, or numbers in a file of several',
      text: ({ at }) => (at.length > 1 ? `${at[0]!} (and ${at.length - 1} more)` : (at[0] ?? '-')),
    },
    {
      name: 'place',
      description: 'what it is there for, where that is known',
      text: ({ place, role }) => place ?? role,
    },
    { name: 'purposes', description: 'what it may be used for: server, client, ca' },
    { name: 'key', description: 'algorithm and size of its public key' },
    {
      name: 'key_match',
      heading: 'KEY_MATCH',
      description: 'whether it belongs to the private key beside it; null without one',
      text: ({ key_match: matches }) => (matches === null ? '-' : matches ? 'yes' : 'no'),
    },
    { name: 'chain', description: 'ok, self_signed, not_checked, or why it does not lead to its CA' },
    {
      name: 'findings',
      description: 'what is wrong with it',
      text: ({ findings }) => (findings.length === 0 ? 'ok' : findings.join(', ')),
      level: ({ findings }): Level => (findings.length === 0 ? 'good' : 'bad'),
    },
    { name: 'not_after', show: 'wide', description: 'when it expires' },
    { name: 'not_before', show: 'wide', description: 'since when it is valid' },
    { name: 'sans', show: 'wide', description: 'subject alternative names' },
    { name: 'issuer', show: 'wide', description: 'who signed it' },
    { name: 'subject', show: 'hidden', description: 'whom it names' },
    { name: 'serial', show: 'hidden', description: 'serial number, hexadecimal' },
    { name: 'signature_algorithm', show: 'hidden', description: 'how it is signed' },
    { name: 'role', show: 'hidden', description: 'identity, ca, or chain: sent along with an identity' },
    { name: 'ca', show: 'hidden', description: 'where the CA is that it should lead to' },
    { name: 'line', show: 'hidden', description: 'line in the file' },
    { name: 'messages', show: 'hidden', description: 'the findings in words' },
    { name: 'notes', show: 'hidden', description: 'what could not be checked' },
    { name: 'fingerprint_sha256', show: 'hidden', description: 'SHA-256 of the certificate, hexadecimal' },
  ],
});

/** The findings and notes as sentences, for the person at the terminal, and a last line that counts. */
export function findingLines(rows: readonly CertificateRow[]): string[] {
  const lines = rows.flatMap((row) => {
    const where = [row.source, ...row.at.slice(0, 1)].join(' ');
    const name = row.common_name === null ? '' : ` (${row.common_name})`;
    return [
      ...row.messages.map((message) => oneLine(`${where}${name}: ${message}`)),
      ...row.notes.map((note) => oneLine(`${where}${name}: note: ${note}.`)),
    ];
  });
  const wrong = rows.filter(({ findings }) => findings.length > 0).length;
  if (wrong > 0)
    lines.push(`${wrong} of ${plural(rows.length, 'certificate')} need${wrong === 1 ? 's' : ''} attention.`);
  return lines;
}
