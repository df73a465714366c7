import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { NodeMetrics } from "../../api/metrics/v1beta1/node-metrics.ts"
import { PodMetrics } from "../../api/metrics/v1beta1/pod-metrics.ts"
import { quote } from "../../machinery/field/quote.ts"
import { formatQuantity, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { parseLabelSelector } from "../../machinery/selectors/parse-label-selector.ts"
import { SelectorError } from "../../machinery/selectors/requirement.ts"
import { badRequest, notFound } from "../../machinery/status/errors.ts"
import { formatMilliseconds } from "../../machinery/time/duration.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { ApiCall, CallHandler, ServedObject } from "../call.ts"
import { notAllowed } from "../resources/scope.ts"
import type { Collector } from "./collector.ts"
import { type PodUsage, type Points, type Usage, usageOfNode, usageOfPod } from "./usage.ts"

/**
 * Answers `metrics.k8s.io`: what nodes and pods use. Objects are made when somebody asks, with the answers of metrics-server.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/
 */
export interface ResourceMetricsOptions {
  readonly reader: Pick<ObjectReader, "get" | "list">
  readonly collector: Pick<Collector, "points">
  readonly clock: Pick<Clock, "nowMs">
}

/** Nothing of it is stored, so it has neither identity nor version. */
interface Figures {
  readonly metadata: Pick<KubeObject["metadata"], "name" | "namespace" | "labels" | "creationTimestamp">
  readonly apiVersion: string
  readonly kind: string
  /** Of a node. */
  readonly usage?: Resources
  /** Of a pod. */
  readonly containers?: readonly { readonly name: string; readonly usage: Resources }[]
}
interface Resources {
  readonly cpu: string
  readonly memory: string
}

type Measured = Pick<Node | Pod, "metadata">
type Make<T> = (points: Points, object: T, now: string) => Figures | undefined

/** By path, for the server of resources. */
export function createResourceMetrics(options: ResourceMetricsOptions): ReadonlyMap<string, CallHandler> {
  const { reader } = options
  const nodes = answer(NodeMetrics, options, nodeMetrics, {
    list: () => reader.list(Node, ""),
    get: (_, name) => reader.get(Node, "", name),
    missing: ({ name }) => notFound({ group: "", resource: "node" }, name),
    unmeasured: ({ name }) => notFound({ group: NodeMetrics.group, resource: "nodemetrics" }, name),
  })
  const pods = answer(PodMetrics, options, podMetrics, {
    list: (namespace) => reader.list(Pod, namespace).filter(isRunning),
    get: (namespace, name) => {
      const pod = reader.get(Pod, namespace, name)
      return pod !== undefined && isRunning(pod) ? pod : undefined
    },
    missing: ({ name }) => notFound({ group: "", resource: "pods" }, name),
    unmeasured: ({ namespace, name }) =>
      notFound({ group: PodMetrics.group, resource: "podmetrics" }, `${namespace}/${name}`),
  })
  return new Map([
    [`${NodeMetrics.apiVersion}/${NodeMetrics.plural}`, nodes],
    [`${PodMetrics.apiVersion}/${PodMetrics.plural}`, pods],
  ])
}

const isRunning = ({ status }: Pod): boolean => status.phase === "Running"

/** What can be measured, and how it is said that something cannot be. */
interface Source<T> {
  list(namespace: string): readonly T[]
  get(namespace: string, name: string): T | undefined
  missing(info: ApiCall["info"]): Error
  unmeasured(info: ApiCall["info"]): Error
}

function answer<T extends Measured>(
  resource: AnyResource,
  { collector, clock }: ResourceMetricsOptions,
  make: Make<T>,
  source: Source<T>,
): CallHandler {
  return async (call) => {
    const { verb, namespace, name } = call.info
    const isList = verb === "list"
    if (!isList && verb !== "get") return notAllowed()
    const selects = isList ? selectorOf(call) : undefined
    const found = isList ? undefined : source.get(namespace, name)
    if (!isList && found === undefined) throw source.missing(call.info)
    const points = await collector.points()
    const now = timeFromMs(clock.nowMs())
    if (found !== undefined) {
      const object = make(points, found, now)
      if (object === undefined) throw source.unmeasured(call.info)
      return { type: "object", code: 200, resource, served: served(object) }
    }
    const items = source
      .list(namespace)
      .filter((object) => selects?.(object))
      .toSorted(byPlace)
      .flatMap((object) => make(points, object, now) ?? [])
    return { type: "list", resource, items: items.map(served), metadata: { resourceVersion: "" } }
  }
}

function byPlace({ metadata: a }: Measured, { metadata: b }: Measured): number {
  const [left, right] = [a.namespace ?? "", b.namespace ?? ""]
  if (left !== right) return left < right ? -1 : 1
  return a.name < b.name ? -1 : 1
}

function served(figures: Figures): ServedObject {
  const object = figures as KubeObject
  return { object, json: () => Buffer.from(JSON.stringify(object)) }
}

const FIELDS = ["metadata.name", "metadata.namespace"]

/** By the labels and names of what is measured. Throws a 400. */
function selectorOf({ query }: ApiCall): (object: Measured) => boolean {
  try {
    const labels = parseLabelSelector(query.get("labelSelector") ?? "")
    const fields = parseFieldSelector(query.get("fieldSelector") ?? "")
    const unknown = fields.terms.find(({ field }) => !FIELDS.includes(field))
    if (unknown !== undefined) {
      const known = FIELDS.map(quote).join(", ")
      throw new SelectorError(`${quote(unknown.field)} is not a known field selector: only ${known}`)
    }
    return ({ metadata }) =>
      labels.matches(metadata.labels) &&
      fields.matches({ "metadata.name": metadata.name, "metadata.namespace": metadata.namespace ?? "" })
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

function nodeMetrics(points: Points, { metadata }: Node, now: string): Figures | undefined {
  const usage = usageOfNode(points, metadata.name)
  if (usage === undefined) return undefined
  return { ...headOf(NodeMetrics, metadata, now), ...timeOf(usage), usage: resourcesOf(usage) }
}

function podMetrics(points: Points, { metadata }: Pod, now: string): Figures | undefined {
  const usage = usageOfPod(points, `${metadata.namespace}/${metadata.name}`)
  if (usage === undefined) return undefined
  const containers = [...usage.containers].map(([name, each]) => ({ name, usage: resourcesOf(each) }))
  return { ...headOf(PodMetrics, metadata, now), ...timeOf(usage), containers }
}

function headOf({ apiVersion, kind }: AnyResource, { name, namespace, labels }: Measured["metadata"], now: string) {
  const place = namespace === undefined ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place, creationTimestamp: now, ...(labels && { labels }) } }
}

function timeOf({ atMs, windowMs }: Usage | PodUsage) {
  return { timestamp: timeFromMs(atMs), window: formatMilliseconds(windowMs) }
}

/** As metrics-server writes them: `123456n`, `2048Ki`. */
function resourcesOf({ cpuNanoCores, memoryBytes }: Usage): Resources {
  return {
    cpu: formatQuantity({ unscaled: BigInt(cpuNanoCores), exponent: -9, format: "DecimalSI" }),
    memory: formatQuantity(quantityOf(memoryBytes, "BinarySI")),
  }
}
