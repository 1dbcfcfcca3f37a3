/** Names of certificates as text (RFC 4514): what operators compare with and rules read. */
import type { Name } from '@peculiar/asn1-x509';

/** Types with a short name: those of RFC 4514 §3, and two that certificates still carry. Others stand as numbers. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.9': 'STREET',
  '2.5.4.5': 'SERIALNUMBER',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
  '1.2.840.113549.1.9.1': 'EMAIL',
};

/** Most specific part first, as RFC 4514 §2.1 has it. */
export function distinguishedName(name: Name): string {
  return [...name]
    .reverse()
    .map((part) =>
      [...part]
        .map(({ type, value }) => `${SHORT_NAMES[type] ?? type}=${escaped(value.toString())}`)
        .join('+'),
    )
    .join(',');
}

/** RFC 4514 §2.4; control characters as bytes, so that the text stands on one line wherever it is written. */
function escaped(value: string): string {
  return value
    .replace(/[\\"+,;<>=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, (sign) =>
      [...Buffer.from(sign)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    );
}
