import type { CrossVersionObjectReference } from "../../api/autoscaling/v2/metric-spec.ts"
import type { Client } from "../../client/client.ts"
import { parseQuantity, quantityMilliValue } from "../../machinery/quantity/quantity.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
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
  /** The same in version v1beta1. */
  readonly window?: number
  readonly value: string
}
interface GroupVersions {
  readonly preferredVersion?: { readonly version: string }
  readonly versions?: readonly { readonly version: string }[]
}
interface List<T> {
  readonly items?: readonly T[]
}

const WINDOW_MS = 60_000
const CUSTOM_GROUP = "custom.metrics.k8s.io"
const CUSTOM_VERSIONS = ["v1beta2", "v1beta1"]
const milli = (text: string): number => quantityMilliValue(parseQuantity(text))
const timeOf = (text: string | undefined): number => (text === undefined ? 0 : Date.parse(text))
const encode = encodeURIComponent

export function createMeasures({ raw }: Pick<Client, "raw">): Measures {
  /** `what`: the resource, as Kubernetes names it in errors. */
  const list = async <T>(
    api: string,
    what: string,
    path: string,
    query: Record<string, string>,
  ): Promise<readonly T[]> => {
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""))
    const answer = await raw.get(path, given).catch((error: unknown) => {
      throw new MeasureError(`unable to fetch metrics from ${api} metrics API: ${wordsOf(error, what)}`)
    })
    const { items = [] } = answer as List<T>
    if (items.length === 0) throw new MeasureError(`no metrics returned from ${api} metrics API`)
    return items
  }
  const custom = async (what: string, path: string, query: Record<string, string>) =>
    list<MetricValue>("custom", what, `/apis/${CUSTOM_GROUP}/${await customVersion(raw)}/${path}`, query)
  return {
    async ofResource(resource, namespace, labelSelector, container) {
      const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encode(namespace)}/pods`
      const samples = new Map<string, Sample>()
      for (const pod of await list<PodMetrics>("resource", "pods.metrics.k8s.io", path, { labelSelector })) {
        const value = useOf(pod, resource, container)
        if (value === undefined) continue
        const windowMs = Number(parseDuration(pod.window ?? "") ?? 0n) / 1e6
        samples.set(pod.metadata.name, { value, atMs: timeOf(pod.timestamp), windowMs })
      }
      return samples
    },
    async ofPods(metric, namespace, labelSelector, metricLabelSelector) {
      const path = `namespaces/${encode(namespace)}/pods/*/${encode(metric)}`
      const values = await custom(`pods.${CUSTOM_GROUP} *`, path, { labelSelector, metricLabelSelector })
      return new Map(
        values.map(({ describedObject, timestamp, window, windowSeconds = window, value }) => {
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
      const what = isNamespace ? `metrics.${CUSTOM_GROUP}` : `${pluralOf(kind)}${group}.${CUSTOM_GROUP} ${name}`
      const [first] = await custom(what, `${object}/${encode(metric)}`, { metricLabelSelector })
      return milli(first?.value ?? "0")
    },
    async external(metric, namespace, labelSelector) {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${encode(namespace)}/${encode(metric)}`
      const values = await list<MetricValue>("external", `${metric}.external.metrics.k8s.io`, path, { labelSelector })
      return values.reduce((sum, { value }) => sum + milli(value), 0)
    },
  }
}

const UNEXPECTED = new Map([
  [404, "the server could not find the requested resource"],
  [503, "the server is currently unable to handle the request"],
])

/** What Kubernetes' client makes of an answer, also of one that explains nothing. */
function wordsOf(error: unknown, what: string): string {
  if (!(error instanceof StatusError)) return messageOf(error)
  const { code, message, details } = error
  const words = UNEXPECTED.get(code)
  const isUnexpected = details?.causes?.some(({ reason }) => reason === "UnexpectedServerResponse") ?? false
  return words !== undefined && (isUnexpected || message === words) ? `${words} (get ${what})` : message
}

/** The version that whoever serves custom metrics prefers, of those that can be read. */
async function customVersion(raw: Client["raw"]): Promise<string> {
  const fail = (why: string) => new MeasureError(`unable to fetch metrics from custom metrics API: ${why}`)
  const answer = await raw.get(`/apis/${CUSTOM_GROUP}`).catch((error: unknown) => {
    if (isNotFound(error)) throw fail(`no custom metrics API (${CUSTOM_GROUP}) registered`)
    throw fail(wordsOf(error, CUSTOM_GROUP))
  })
  const { preferredVersion, versions = [] } = answer as GroupVersions
  const offered = [...(preferredVersion === undefined ? [] : [preferredVersion]), ...versions]
  const found = offered.find(({ version }) => CUSTOM_VERSIONS.includes(version))
  if (found === undefined) throw fail("no known available metric versions found")
  return found.version
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
