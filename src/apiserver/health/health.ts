import type { ApiResult, CallHandler } from "../call.ts"
import { text } from "../request/router.ts"

/** `/healthz`, `/livez` and `/readyz`. https://kubernetes.io/docs/reference/using-api/health-checks/ */

export type HealthKind = "healthz" | "livez" | "readyz"
export interface HealthCheck {
  readonly name: string
  /** Default: all three. */
  readonly kinds?: readonly HealthKind[]
  /** True when well; false, or a rejection with the cause, when not. */
  readonly check: () => boolean | Promise<boolean>
}

const PING: HealthCheck = { name: "ping", check: () => true }

interface Outcome {
  readonly name: string
  readonly well: boolean
  readonly excluded: boolean
}

export function createHealthHandler(checks: readonly HealthCheck[]): CallHandler {
  const all = [PING, ...checks]
  return async (call) => {
    const [, kind = "", name] = call.info.path.split("/")
    const own = all.filter((check) => check.kinds === undefined || check.kinds.some((one) => one === kind))
    if (name !== undefined && name !== "") {
      const one = own.find((check) => check.name === name)
      if (one === undefined) return text(404, "404 page not found\n")
      return (await isWell(one)) ? text(200, "ok") : text(500, "internal server error: reason withheld\n")
    }
    return summary(kind, own, call.query)
  }
}

async function summary(kind: string, checks: readonly HealthCheck[], query: URLSearchParams): Promise<ApiResult> {
  const excluded = new Set(query.getAll("exclude").flatMap((names) => names.split(",")))
  const outcomes: Outcome[] = await Promise.all(
    checks.map(async (check) => ({
      name: check.name,
      excluded: excluded.delete(check.name),
      well: await isWell(check),
    })),
  )
  const lines = outcomes.map(({ name, excluded, well }) => {
    if (excluded) return `[+]${name} excluded: ok\n`
    return well ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`
  })
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => `"${name}"`).join(", ")
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}\n`)
  }
  const failed = outcomes.some((outcome) => !outcome.well && !outcome.excluded)
  if (failed) return text(500, `${lines.join("")}${kind} check failed\n`)
  return query.has("verbose") ? text(200, `${lines.join("")}${kind} check passed\n`) : text(200, "ok")
}

async function isWell(check: HealthCheck): Promise<boolean> {
  try {
    return await check.check()
  } catch {
    // Why is in the log of whoever failed; callers without credentials learn only that it did.
    return false
  }
}
