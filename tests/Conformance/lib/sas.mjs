// SAS tokens in every form that iothub.md section 1.1 names; the SDKs only make one each.
import { createHmac } from 'node:crypto';

export const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

/**
 * A token over `resource`, written into it exactly as given.
 * @param {{ key: string, expiry?: number, policy?: string, order?: string[] }} how order: the fields' order, default sr,sig,se,skn.
 */
export function sas(resource, { key, expiry = inAnHour(), policy, order = ['sr', 'sig', 'se', 'skn'] }) {
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
  const fields = { sr: resource, sig: encodeURIComponent(signature), se: String(expiry), skn: policy };
  return `SharedAccessSignature ${order.filter((name) => fields[name] !== undefined).map((name) => `${name}=${fields[name]}`).join('&')}`;
}

/** A resource as clients write it into `sr`: percent-encoded in upper case, in lower case, and as it is. */
export function spellingsOf(resource) {
  const upper = encodeURIComponent(resource);
  return [upper, upper.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()), resource];
}

/** `a=b;c=d` as an object; a value is everything behind the first `=`. */
export function parseConnectionString(text) {
  return Object.fromEntries(text.split(';').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
}
