import type { CrossVersionObjectReference } from "../../api/autoscaling/v2/metric-spec.ts"
import type { Client } from "../../client/client.ts"
import { parseQuantity, quantityMilliValue } from "../../machinery/quantity/quantity.ts"
import { parseDuration } from "../../machinery/time/duration.ts"
import { MeasureError, type Sample, type Samples } from "./replica-count.ts"

/** Reads measures from the metrics APIs, whoever serves them. Amounts in thousandths. Throws `MeasureError`. */
export interface Measures {
  /** Of each pod, or of one container of each. */
  ofResource(resource: string, namespace: string, podSelector: string, container: string): Promise<Samples>
  ofPods(metric: string, namespace: string, podSelector: string, metricSelector: string): Promise<Samples>
  ofObject(
    metric: string,
    namespace: string,
    object: CrossVersionObjectReference,
    metricSelector: string,
  ): Promise<number>
  /** The sum of all values that match. */
  external(metric: string, namespace: string, metricSelector: string): Promise<number>
}

interface PodMetrics {
  readonly metadata: { readonly name: string }
  readonly timestamp?: string
  readonly window?: string
  readonly containers?: readonly { readonly name: string; readonly usage?: Readonly<Record<string, string>> }[]
}
interface MetricValue {
  readonly describedObject?: { readonly name?: string }
  readonly timestamp?: string
  readonly windowSeconds?: number
  readonly value: string
}
interface List<T> {
  readonly items?: readonly T[]
}

const WINDOW_MS = 60_000
const milli = (text: string): number => quantityMilliValue(parseQuantity(text))
const timeOf = (text: string | undefined): number => (text === undefined ? 0 : Date.parse(text))
const encode = encodeURIComponent

export function createMeasures({ raw }: Pick<Client, "raw">): Measures {
  const list = async <T>(api: string, path: string, query: Record<string, string>): Promise<readonly T[]> => {
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""))
    const answer = await raw.get(path, given).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new MeasureError(`unable to fetch metrics from ${api} metrics API: ${why}`)
    })
    const { items = [] } = answer as List<T>
    if (items.length === 0) throw new MeasureError(`no metrics returned from ${api} metrics API`)
    return items
  }
  const custom = (path: string, query: Record<string, string>) =>
    list<MetricValue>("custom", `/apis/custom.metrics.k8s.io/v1beta2/${path}`, query)
  return {
    async ofResource(resource, namespace, labelSelector, container) {
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encode(namespace)}/pods`
      const samples = new Map<string, Sample>()
      for (const pod of await list<PodMetrics>("resource", path, { labelSelector })) {
        const value = useOf(pod, resource, container)
        if (value === undefined) continue
        const windowMs = Number(parseDuration(pod.window ?? "") ?? 0n) / 1e6
        samples.set(pod.metadata.name, { value, atMs: timeOf(pod.timestamp), windowMs })
      }
      return samples
    },
    async ofPods(metric, namespace, labelSelector, metricLabelSelector) {
      const path = `namespaces/${encode(namespace)}/pods/*/${encode(metric)}`
      const values = await custom(path, { labelSelector, metricLabelSelector })
      return new Map(
        values.map(({ describedObject, timestamp, windowSeconds, value }) => {
          const windowMs = windowSeconds === undefined ? WINDOW_MS : windowSeconds * 1000
          return [describedObject?.name ?? "", { value: milli(value), atMs: timeOf(timestamp), windowMs }] as const
        }),
      )
    },
    async ofObject(metric, namespace, { apiVersion = "", kind, name }, metricLabelSelector) {
      const group = apiVersion.includes("/") ? `.${apiVersion.split("/", 1)[0]}` : ""
      const isNamespace = kind === "Namespace" && group === ""
      const object = isNamespace
        ? `namespaces/${encode(namespace)}/metrics`
        : `namespaces/${encode(namespace)}/${encode(`${pluralOf(kind)}${group}`)}/${encode(name)}`
      const [first] = await custom(`${object}/${encode(metric)}`, { metricLabelSelector })
      return milli(first?.value ?? "0")
    },
    async external(metric, namespace, labelSelector) {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${encode(namespace)}/${encode(metric)}`
      const values = await list<MetricValue>("external", path, { labelSelector })
      return values.reduce((sum, { value }) => sum + milli(value), 0)
    },
  }
}

/** Undefined when a part of it is not known. */
function useOf({ containers = [] }: PodMetrics, resource: string, container: string): number | undefined {
  const counted = container === "" ? containers : containers.filter(({ name }) => name === container)
  if (counted.length === 0) return undefined
  let sum = 0
  for (const { usage } of counted) {
    const text = usage?.[resource]
    if (text === undefined) return undefined
    sum += milli(text)
  }
  return sum
}

/** As Kubernetes guesses the plural of a kind. */
export function pluralOf(kind: string): string {
  const singular = kind.toLowerCase()
  if (singular.endsWith("s") || singular.endsWith("x") || singular.endsWith("ch") || singular.endsWith("sh")) {
    return `${singular}es`
  }
  return singular.endsWith("y") ? `${singular.slice(0, -1)}ies` : `${singular}s`
}
