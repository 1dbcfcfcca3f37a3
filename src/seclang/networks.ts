/** Addresses of `@ipMatch` as the networks of Ward. */
import { readCidr } from '../http/address.ts';
import { Untranslatable } from './untranslatable.ts';

/**
 * The text of a network; an address alone is one of its own. Bits behind the prefix are cleared, as the reference engine does.
 *
 * @throws Untranslatable with S017 where the text is no address or the prefix is too long
 */
export function networkText(text: string): string {
  const reading = readCidr(text);
  if (reading.ok) return reading.cidr.text;
  if (reading.suggestion !== undefined) return reading.suggestion;
  throw new Untranslatable(`${text} is no address and no network`, 'S017');
}
