import { posix } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { digestOf, isDigest } from "../content/digest.ts"
import { at, flag, type Instruction } from "./dockerfile.ts"
import type { BuildContext } from "./stage-context.ts"

/** Larger files should not be held in memory; fetch them in a RUN. */
const DOWNLOAD_BYTES_MAX = 2 * 1024 ** 3

export interface Download {
  readonly name: string
  readonly content: Uint8Array
  readonly digest: string
  /** Last-Modified in seconds since the epoch, or 0. */
  readonly mtime: number
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

/** Fetches a URL for ADD. Throws `ImageError` BuildFailed, also when it is not what `--checksum` says. */
export async function download(build: BuildContext, instruction: Instruction, address: string): Promise<Download> {
  const checksum = flag(instruction, "checksum")
  if (checksum !== null && !isDigest(checksum)) {
    throw at(instruction, `--checksum: found ${JSON.stringify(checksum)}, expected sha256: and 64 hexadecimal digits`)
  }
  let url: URL
  try {
    url = new URL(address)
  } catch (cause) {
    throw at(instruction, `${JSON.stringify(address)} is not a URL`, cause)
  }
  if (url.pathname.endsWith(".git"))
    throw at(instruction, "ADD of a git repository is not supported; clone it in a RUN")
  const name = posix.basename(decodeURIComponent(url.pathname))
  if (name === "" || name === "..") throw at(instruction, "the URL names no file")
  const { content, mtime } = await fetchAll(build, instruction, url)
  const digest = digestOf(content)
  if (checksum !== null && checksum !== digest) {
    throw at(instruction, `the content of ${address} has digest ${digest}, expected ${checksum}`)
  }
  return { name, content, digest, mtime }
}

async function fetchAll(
  build: BuildContext,
  instruction: Instruction,
  url: URL,
): Promise<{ content: Uint8Array; mtime: number }> {
  try {
    const response = await fetch(url, { signal: build.signal, redirect: "follow" })
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`)
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > DOWNLOAD_BYTES_MAX) throw new Error(`it is larger than ${DOWNLOAD_BYTES_MAX} bytes`)
      chunks.push(chunk)
    }
    const modified = new Date(response.headers.get("last-modified") ?? "").getTime()
    return { content: Buffer.concat(chunks), mtime: Number.isNaN(modified) ? 0 : modified / 1000 }
  } catch (error) {
    build.signal.throwIfAborted()
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw at(instruction, `cannot fetch ${url.href}: ${messageOf(cause)}`, error)
  }
}
