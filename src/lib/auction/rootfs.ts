import type { RootfsProviders } from './types.ts';

/** The two parts of a root file system's URL that a rep matches: `preloaded:cflinuxfs4` is `preloaded`, `cflinuxfs4`. */
export interface RootfsUrl {
  scheme: string;
  opaque: string;
}

/**
 * A root file system's URL as Go's net/url reads it, since reps match what `url.Parse` gives them. `null` for what Go
 * refuses to parse: no cell matches that. Only what matching looks at is kept.
 */
export function parseRootfs(rootfs: string): RootfsUrl | null {
  const hash = rootfs.indexOf('#');
  const withoutFragment = hash < 0 ? rootfs : rootfs.slice(0, hash);
  if (hasControlCharacter(withoutFragment) || !isEscapedCorrectly(hash < 0 ? '' : rootfs.slice(hash + 1))) {
    return null;
  }

  const split = splitScheme(withoutFragment);
  if (split === null) return null;
  const { scheme } = split;
  const query = split.rest.indexOf('?');
  const rest = query < 0 ? split.rest : split.rest.slice(0, query);

  if (!rest.startsWith('/')) {
    if (scheme !== '') return { scheme, opaque: rest };
    // Go: "first path segment in URL cannot contain colon".
    if (rest.split('/', 1)[0]!.includes(':')) return null;
    return isEscapedCorrectly(rest) ? { scheme, opaque: '' } : null;
  }

  let path = rest;
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    path = slash < 0 ? '' : rest.slice(slash);
    if (!isAuthority(authority)) return null;
  }
  return isEscapedCorrectly(path) ? { scheme, opaque: '' } : null;
}

/** rep.RootFSProviders.Match: the scheme is offered and, for a fixed set, the name is in it. */
export function matchesRootfs(providers: RootfsProviders, rootfs: RootfsUrl | null): boolean {
  if (rootfs === null) return false;
  const provider = providers.get(rootfs.scheme);
  if (provider === undefined) return false;
  return provider === 'any' || provider.has(rootfs.opaque);
}

function splitScheme(url: string): { scheme: string; rest: string } | null {
  const found = /^([A-Za-z][A-Za-z0-9+.-]*)?:/.exec(url);
  if (found === null) return { scheme: '', rest: url };
  // Go: "missing protocol scheme".
  if (found[1] === undefined) return null;
  return { scheme: found[1].toLowerCase(), rest: url.slice(found[0].length) };
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function isEscapedCorrectly(text: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(text);
}

/** What Go accepts between `//` and the path: user information, a host or a bracketed address, a numeric port. */
function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !isEscapedCorrectly(user)) return false;
  }
  const host = authority.slice(at + 1);
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    return (
      end > 0 && /^(:\d*)?$/.test(host.slice(end + 1)) && !/[ "<>%]/.test(host.slice(1, end).split('%25')[0]!)
    );
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && !/^\d*$/.test(host.slice(colon + 1))) return false;
  // In a host Go takes escapes of bytes outside ASCII only, and the characters that RFC 3986 gives to names.
  if (/%(?!25|[89A-Fa-f][0-9A-Fa-f])/.test(host)) return false;
  return !/[\s\\^`{|}]/.test(host);
}
