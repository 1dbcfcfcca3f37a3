/** `luhn`: the check digit of payment cards (ISO/IEC 7812-1, annex B). */
import type { MapTransformation } from './transformation.ts';

/** Lengths ISO/IEC 7812-1 allows. Shorter texts of digits pass the sum too often to mean anything. */
const DIGITS_MIN = 8;
const DIGITS_MAX = 19;

function passesLuhn(text: string): boolean {
  if (text.length < DIGITS_MIN || text.length > DIGITS_MAX) return false;
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(text.length - 1 - index) - 0x30;
    if (digit < 0 || digit > 9) return false;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

export const luhn: MapTransformation = {
  kind: 'map',
  name: 'luhn',
  doc: `True for ${DIGITS_MIN} to ${DIGITS_MAX} digits whose Luhn sum is right; put \`digits\` before it to drop separators.`,
  parameters: [],
  from: ['String'],
  to: 'Bool',
  result: 'one',
  examples: [
    { input: '4111111111111111', output: true },
    { input: '4111111111111112', output: false },
    { input: '4111 1111 1111 1111', output: false },
    { input: '0', output: false },
  ],
  bind: () => (value) => typeof value === 'string' && passesLuhn(value),
};
