import { readFileSync } from "node:fs"

/** PEM or token text, or the file that holds it. Files are read again, so that what is renewed is used. */
export type Secret = string | { readonly file: string }

export interface Credentials {
  /** CAs that the server's certificate must come from. */
  readonly ca: Secret
  /** Client certificate and key, both or none. */
  readonly cert?: Secret
  readonly key?: Secret
  /** Bearer token. */
  readonly token?: Secret
}

/** The text of all credentials at one moment. */
export interface ReadCredentials {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
}

/** Throws the file system's error when a file cannot be read. */
export function readCredentials(credentials: Credentials): ReadCredentials {
  const { ca, cert, key, token } = credentials
  return {
    ca: read(ca),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) }),
    ...(token !== undefined && { token: read(token).trim() }),
  }
}

const read = (secret: Secret): string => (typeof secret === "string" ? secret : readFileSync(secret.file, "utf8"))

/** Whether connections made with `a` may go on being used when `b` is current. The token goes with each request. */
export function sameConnection(a: ReadCredentials, b: ReadCredentials): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key
}
