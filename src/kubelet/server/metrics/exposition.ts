/** Metrics as text. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge"
  readonly samples: readonly Sample[]
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
  /** When it was measured, if not now. */
  readonly timestampMs?: number
}

/** Metrics without samples are left out. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => `${name}${formatLabels(sample.labels)} ${sample.value}${formatTime(sample)}`),
    ])
    .map((line) => `${line}\n`)
    .join("")
}

function formatLabels(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escapeValue(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
}

const formatTime = ({ timestampMs }: Sample): string => (timestampMs === undefined ? "" : ` ${timestampMs}`)
