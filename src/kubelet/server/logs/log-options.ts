import { nanosOf } from "./cri-log.ts"

/** `PodLogOptions`, read from a request. */
export interface LogOptions {
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  /** Nanoseconds since the Unix epoch; lines before it are left out. */
  readonly sinceNs: bigint | undefined
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
  readonly stream: "All" | "Stdout" | "Stderr"
}

/** What the kubelet answers to a query that it cannot read or that makes no sense. */
export class LogOptionsError extends Error {
  readonly status: 400 | 422

  constructor(status: 400 | 422) {
    super(status === 400 ? '{"message": "Unable to decode query."}' : '{"message": "Invalid request."}')
    this.status = status
  }
}

/** Throws LogOptionsError. The API server has checked the same before, so the messages say no more than the kubelet's. */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const tail = query.get("tail")
  const tailLines =
    tail === null ? wholeNumber(query, "tailLines") : tail === "all" ? undefined : wholeNumber(query, "tail")
  const limitBytes = wholeNumber(query, "limitBytes")
  const sinceSeconds = wholeNumber(query, "sinceSeconds")
  const sinceTime = query.get("sinceTime") || undefined
  const stream = query.get("stream") || "All"
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) throw new LogOptionsError(400)
  const isValid =
    (tailLines ?? 0) >= 0 &&
    (limitBytes ?? 1) >= 1 &&
    (sinceSeconds ?? 1) >= 1 &&
    (sinceSeconds === undefined || sinceTime === undefined)
  if (!isValid || !isStream(stream) || (stream !== "All" && tailLines !== undefined)) throw new LogOptionsError(422)
  const sinceMs = sinceSeconds === undefined ? undefined : nowMs - sinceSeconds * 1000
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    sinceNs: sinceTime === undefined ? toNanos(sinceMs) : nanosOf(sinceTime),
    tailLines,
    limitBytes,
    stream,
  }
}

/** As Kubernetes decodes booleans in queries: present counts as true unless it says otherwise. */
function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value.toLowerCase() !== "false" && value !== "0"
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null || value === "") return undefined
  if (!/^[+-]?\d+$/.test(value)) throw new LogOptionsError(400)
  return Number(value)
}

const isStream = (value: string): value is LogOptions["stream"] => ["All", "Stdout", "Stderr"].includes(value)
const toNanos = (ms: number | undefined) => (ms === undefined ? undefined : BigInt(Math.trunc(ms)) * 1_000_000n)
