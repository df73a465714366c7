import { posix } from "node:path"
import { parseJson } from "../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { badRequest, expired } from "../../machinery/status/errors.ts"
import { StatusError, type StatusObject } from "../../machinery/status/status-error.ts"

/** Where a list that was sent in pages goes on: a revision and a key. The form is Kubernetes'. */
export interface ContinuePosition {
  /** Everything is read as of this revision; -1: as of now, after the revision has been compacted. */
  readonly revision: number
  /** Relative to the prefix of the collection. */
  readonly start: string
}

const VERSION = "meta.k8s.io/v1"

/** The page after the object with this key. */
export function encodeContinue(prefix: string, lastKey: string, revision: number): string {
  return encode({ revision, start: `${lastKey.slice(prefix.length)}\0` })
}

function encode({ revision, start }: ContinuePosition): string {
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision, start })).toString("base64url")
}

/** Throws a 400. */
export function decodeContinue(token: string): ContinuePosition {
  const invalid = (why: string) => badRequest(`invalid continue token: continue key is not valid${why}`)
  const stray = token.search(/[^A-Za-z0-9_-]/)
  if (stray >= 0) throw invalid(`: illegal base64 data at input byte ${stray}`)
  const bytes = Buffer.from(token, "base64url")
  let parsed: { v?: unknown; rv?: unknown; start?: unknown } | null
  try {
    parsed = JSON.parse(bytes.toString()) as typeof parsed
  } catch {
    throw invalid(`: ${syntaxProblem(bytes)}`)
  }
  const { v = "", rv = 0, start = "" } = parsed ?? {}
  if (v !== VERSION) throw invalid(`: server does not recognize this encoded version ${String(v)}`)
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || rv === 0 || rv < -1) {
    throw invalid(`: incorrect encoded start resourceVersion (version ${VERSION})`)
  }
  if (typeof start !== "string" || start === "") throw invalid(`: encoded start key empty (version ${VERSION})`)
  // Nobody may leave the collection.
  if (posix.normalize(`/${start}`) !== `/${start}`) throw invalid(`: ${start}`)
  return { revision: rv, start }
}

/** In Go's words, which show bytes that are no ASCII as characters of Latin-1. */
function syntaxProblem(bytes: Buffer): string {
  try {
    parseJson(bytes.toString("latin1"))
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message
    throw error
  }
  return "the token is no JSON"
}

export const LIST_TOO_OLD = "The resourceVersion for the provided list is too old."
const CONTINUE_TOO_OLD =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
  "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
  "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
  "deleted between the time the first chunk was returned and now may show up in the list."

/** A 410 that carries a token for the rest as it is now. */
export class ContinueExpiredError extends StatusError {
  readonly #token: string

  constructor(start: string) {
    const { reason, code } = expired("")
    super(reason, code, CONTINUE_TOO_OLD)
    this.#token = encode({ revision: -1, start })
  }

  override toStatus(): StatusObject {
    return { ...super.toStatus(), metadata: { continue: this.#token } }
  }
}
