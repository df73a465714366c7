import { parseQuantity } from "../../machinery/quantity/quantity.ts"
import { isSignal, type Signal, type Thresholds } from "../eviction/thresholds.ts"
import { milliseconds } from "./durations.ts"

type Statements = Readonly<Record<string, string>>

/** What the fields of eviction say. Throw an `Error` in the kubelet's words. */

/** Shares of nothing and of everything are as good as no threshold. */
export function parseThresholds(statements: Statements): Thresholds {
  const entries = signals(statements).flatMap(([signal, text]): [Signal, string][] => {
    if (text === "0%" || text === "100%") return []
    if (text.endsWith("%")) {
      const share = Number(text.slice(0, -1))
      if (Number.isNaN(share)) throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
      if (share < 0) throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${text}`)
      if (share > 100) throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${text}`)
    } else if (parseQuantity(text).unscaled <= 0n) {
      throw new Error(`eviction threshold ${signal} must be positive: ${text}`)
    }
    return [[signal, text]]
  })
  return Object.fromEntries(entries)
}

export function parseSoftThresholds(
  statements: Statements,
  grace: Statements,
): { readonly soft: Thresholds; readonly softGraceMs: Readonly<Partial<Record<Signal, number>>> } {
  const soft = parseThresholds(statements)
  const softGraceMs = Object.fromEntries(
    signals(grace).map(([signal, text]): [Signal, number] => {
      const ms = milliseconds(text)
      if (ms < 0) throw new Error(`invalid eviction grace period specified: ${text}, must be a positive value`)
      return [signal, ms]
    }),
  )
  const missing = (Object.keys(soft) as Signal[]).find((signal) => !Object.hasOwn(softGraceMs, signal))
  if (missing === undefined) return { soft, softGraceMs }
  throw new Error(`grace period must be specified for the soft eviction threshold ${missing}`)
}

export function parseMinimumReclaims(statements: Statements): Thresholds {
  for (const [signal, text] of signals(statements)) {
    if (text.endsWith("%")) {
      const share = Number(text.slice(0, -1))
      if (!(share > 0)) throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`)
    } else if (parseQuantity(text).unscaled < 0n) {
      throw new Error(`negative eviction minimum reclaim specified for ${signal}`)
    }
  }
  return statements
}

function signals(statements: Statements): [Signal, string][] {
  return Object.entries(statements).map(([signal, text]) => {
    if (!isSignal(signal)) throw new Error(`unsupported eviction signal ${signal}`)
    return [signal, text]
  })
}
