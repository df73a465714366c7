/** One block of PEM (RFC 7468). */
export interface PemBlock {
  readonly type: string
  /** Whether lines like `Proc-Type: 4,ENCRYPTED` stand before the data. */
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const BLOCK = /-----BEGIN ([^\n-]+)-----[ \t]*\r?\n([\s\S]*?)\r?\n?-----END \1-----[ \t]*(?:\r?\n|$)/g
const HEADER = /^[^\n:]+:[^\n]*$/m

/** The blocks of a text, in order; anything around them is ignored. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([, type = "", body = ""]) => {
    const hasHeaders = HEADER.test(body)
    const data = hasHeaders ? body.replace(/^[\s\S]*?\n[ \t]*\r?\n/, "") : body
    return { type, hasHeaders, bytes: Buffer.from(data, "base64") }
  })
}
