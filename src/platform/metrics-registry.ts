/** Counters, gauges and histograms in the Prometheus text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */

export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(amount: number, labels?: Labels): void
}
export interface Gauge extends Counter {
  set(value: number, labels?: Labels): void
}
export interface Histogram {
  observe(value: number, labels?: Labels): void
}

interface Metric {
  render(): string
}

export class MetricsRegistry {
  readonly #metrics = new Map<string, Metric>()

  counter(name: string, help: string): Counter {
    return this.#register(name, new Values(name, help, "counter"))
  }
  gauge(name: string, help: string): Gauge {
    return this.#register(name, new Values(name, help, "gauge"))
  }
  /** A gauge whose value is asked for when the metrics are read. */
  gaugeFrom(name: string, help: string, read: () => number, type: "gauge" | "counter" = "gauge"): void {
    this.#register(name, { render: () => `${heading(name, help, type)}${name} ${format(read())}\n` })
  }
  /** The same with labels: one line for each pair. */
  gaugesFrom(name: string, help: string, read: () => Iterable<readonly [labels: Labels, value: number]>): void {
    this.#register(name, {
      render: () => {
        let text = heading(name, help, "gauge")
        for (const [labels, value] of read()) text += `${name}${braced(formatLabels(labels))} ${format(value)}\n`
        return text
      },
    })
  }
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.#register(name, new Buckets(name, help, bounds))
  }

  /** Every metric, as a scrape shows it. */
  render(): string {
    let text = ""
    for (const metric of this.#metrics.values()) text += metric.render()
    return text
  }

  #register<M extends Metric>(name: string, metric: M): M {
    if (this.#metrics.has(name)) throw new TypeError(`the metric ${name} is registered twice`)
    this.#metrics.set(name, metric)
    return metric
  }
}

class Values implements Metric, Gauge {
  readonly #values = new Map<string, number>()
  readonly #name: string
  readonly #heading: string

  constructor(name: string, help: string, type: string) {
    this.#name = name
    this.#heading = heading(name, help, type)
  }
  add(amount: number, labels: Labels = {}): void {
    const key = formatLabels(labels)
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount)
  }
  set(value: number, labels: Labels = {}): void {
    this.#values.set(formatLabels(labels), value)
  }
  render(): string {
    let text = this.#heading
    for (const [labels, value] of this.#values) text += `${this.#name}${braced(labels)} ${format(value)}\n`
    return text
  }
}

interface Observed {
  readonly counts: number[]
  sum: number
}

class Buckets implements Metric, Histogram {
  readonly #series = new Map<string, Observed>()
  readonly #name: string
  readonly #heading: string
  readonly #bounds: readonly number[]

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name
    this.#bounds = bounds
    this.#heading = heading(name, help, "histogram")
  }
  observe(value: number, labels: Labels = {}): void {
    const key = formatLabels(labels)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 }
      this.#series.set(key, series)
    }
    const found = this.#bounds.findIndex((bound) => value <= bound)
    const at = found < 0 ? this.#bounds.length : found
    series.counts[at] = (series.counts[at] ?? 0) + 1
    series.sum += value
  }
  render(): string {
    let text = this.#heading
    for (const [labels, series] of this.#series) {
      let total = 0
      const prefix = labels === "" ? "" : `${labels},`
      series.counts.forEach((count, at) => {
        total += count
        const bound = at < this.#bounds.length ? format(this.#bounds[at] ?? 0) : "+Inf"
        text += `${this.#name}_bucket{${prefix}le="${bound}"} ${total}\n`
      })
      text += `${this.#name}_sum${braced(labels)} ${format(series.sum)}\n`
      text += `${this.#name}_count${braced(labels)} ${total}\n`
    }
    return text
  }
}

function heading(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help.replace(/\\/g, "\\\\").replace(/\n/g, "\\n")}\n# TYPE ${name} ${type}\n`
}

function formatLabels(labels: Labels): string {
  let text = ""
  for (const name of Object.keys(labels)) text += `${text === "" ? "" : ","}${name}="${escaped(labels[name] ?? "")}"`
  return text
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`)

function format(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf"
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)
}
