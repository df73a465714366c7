/** One figure, as one line of JSON. */
export interface Measurement {
  readonly bench: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  /** The same figure of a peer or of a bare floor, measured in the same run. Null where there is none. */
  readonly baseline: number | null
  /** `value` by `baseline`. */
  readonly ratio: number | null
  /** What design.md allows, where it says something. More is too much. */
  readonly budget?: number
}

export function measurement(
  bench: string,
  metric: string,
  value: number,
  unit: string,
  baseline: number | null,
  budget?: number,
): Measurement {
  return {
    bench,
    metric,
    value: round(value),
    unit,
    baseline: baseline === null ? null : round(baseline),
    ratio: baseline === null ? null : round(value / baseline),
    ...(budget !== undefined && { budget: round(budget) }),
  }
}

export function printLines(results: readonly Measurement[]): void {
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
}

export function printTable(results: readonly Measurement[]): void {
  const rows = results.map((result) => [
    result.bench,
    result.metric,
    `${result.value} ${result.unit}`,
    result.baseline === null ? "" : `${result.baseline} ${result.unit}`,
    result.ratio === null ? "" : `${result.ratio} ×`,
    result.budget === undefined
      ? ""
      : `${result.budget} ${result.unit}${result.value > result.budget ? "  MISSED" : ""}`,
  ])
  const table = [["BENCH", "METRIC", "VALUE", "BASELINE", "RATIO", "BUDGET"], ...rows]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    process.stdout.write(`${cells.join("  ").trimEnd()}\n`)
  }
}

/** The smallest value that at least `share` of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** What is reachable now, in MB. Needs `--expose-gc` to mean something. */
export function heapMb(): number {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
