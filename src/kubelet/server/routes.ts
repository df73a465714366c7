import type { ServerResponse } from "node:http"
import { HttpError, sendJson, sendText } from "./answer.ts"
import { refuseCheckpoint } from "./checkpoint.ts"
import type { KubeletRequest } from "./context.ts"
import { serveContainerLogs } from "./logs/serve-logs.ts"
import { cadvisorMetrics } from "./metrics/container-metrics.ts"
import { METRICS_TYPE } from "./metrics/exposition.ts"
import { kubeletMetrics } from "./metrics/kubelet-metrics.ts"
import { probeMetrics } from "./metrics/probe-metrics.ts"
import { resourceMetrics } from "./metrics/resource-metrics.ts"
import { serveNodeLogs } from "./node-logs.ts"
import { listPods, listRunningPods } from "./pods.ts"
import { serveRun } from "./run.ts"
import { summaryAnswer } from "./stats/summary.ts"
import { prepareAttach, prepareExec, preparePortForward } from "./streaming/prepare.ts"
import type { Upgrade } from "./streaming/upgrade.ts"
import { changeVolumeFolder } from "./volume-folders.ts"
import { serveFlags, serveStatus } from "./z-pages.ts"

export type Route =
  | { readonly kind: "answer"; serve(request: KubeletRequest, response: ServerResponse): Promise<void> }
  /** Checks the request, and returns what takes the connection over. */
  | { readonly kind: "stream"; prepare(request: KubeletRequest, upgrade: Upgrade): Promise<() => Promise<void>> }
  | { readonly kind: "none"; readonly status: number; readonly text: string }

interface Endpoint {
  readonly path: RegExp
  readonly methods: readonly string[]
  readonly route: Route
}

const READ = ["GET"]
const STREAM = ["GET", "POST"]
/** `{namespace}/{pod}[/{uid}]/{container}` */
const OF_CONTAINER = "/[^/]+/[^/]+(/[^/]+)?/[^/]+"

const answers = (serve: (request: KubeletRequest, response: ServerResponse) => Promise<void>): Route => ({
  kind: "answer",
  serve,
})
const json = (read: (request: KubeletRequest) => Promise<unknown>): Route =>
  answers(async (request, response) => sendJson(response, await read(request)))
const metrics = (read: (request: KubeletRequest) => Promise<string>): Route =>
  answers(async (request, response) => sendText(response, 200, await read(request), METRICS_TYPE))
const streams = (prepare: Extract<Route, { kind: "stream" }>["prepare"]): Route => ({ kind: "stream", prepare })

const endpoints: readonly Endpoint[] = [
  {
    path: /^\/healthz(\/(ping|log|syncloop))?$/,
    methods: READ,
    route: answers(async (_, response) => sendText(response, 200, "ok")),
  },
  { path: /^\/pods\/?$/, methods: READ, route: json(listPods) },
  { path: /^\/runningpods\/?$/, methods: READ, route: json(listRunningPods) },
  { path: /^\/containerLogs\/[^/]*\/[^/]*\/[^/]*$/, methods: READ, route: answers(serveContainerLogs) },
  { path: new RegExp(`^/run${OF_CONTAINER}$`), methods: ["POST"], route: answers(serveRun) },
  { path: new RegExp(`^/exec${OF_CONTAINER}$`), methods: STREAM, route: streams(prepareExec) },
  { path: new RegExp(`^/attach${OF_CONTAINER}$`), methods: STREAM, route: streams(prepareAttach) },
  { path: /^\/portForward\/[^/]+\/[^/]+(\/[^/]+)?$/, methods: STREAM, route: streams(preparePortForward) },
  { path: /^\/stats\/summary$/, methods: READ, route: json(summaryAnswer) },
  { path: /^\/metrics$/, methods: READ, route: metrics(kubeletMetrics) },
  { path: /^\/metrics\/cadvisor$/, methods: READ, route: metrics(cadvisorMetrics) },
  { path: /^\/metrics\/resource$/, methods: READ, route: metrics(resourceMetrics) },
  { path: /^\/metrics\/probes$/, methods: READ, route: metrics(probeMetrics) },
  { path: /^\/configz$/, methods: READ, route: json(readConfiguration) },
  { path: /^\/statusz$/, methods: READ, route: answers(serveStatus) },
  { path: /^\/flagz$/, methods: READ, route: answers(serveFlags) },
  { path: /^\/volumeFolders\/[^/]+$/, methods: ["PUT", "DELETE"], route: json(changeVolumeFolder) },
  { path: /^\/logs\/.*$/, methods: READ, route: answers(serveNodeLogs) },
  { path: /^\/checkpoint\/[^/]+\/[^/]+\/[^/]+$/, methods: ["POST"], route: json(refuseCheckpoint) },
  {
    path: /^\/debug\/pprof(\/.*)?$/,
    methods: READ,
    route: { kind: "none", status: 405, text: "profiling endpoint is disabled." },
  },
]

const NOT_FOUND: Route = { kind: "none", status: 404, text: "404: Page Not Found" }
const NOT_ALLOWED: Route = { kind: "none", status: 405, text: "405: Method Not Allowed" }

export function findRoute(method: string, path: string): Route {
  const found = endpoints.filter((endpoint) => endpoint.path.test(path))
  if (found.length === 0) return NOT_FOUND
  return found.find(({ methods }) => methods.includes(method))?.route ?? NOT_ALLOWED
}

async function readConfiguration({ configuration }: KubeletRequest): Promise<unknown> {
  if (configuration === undefined) throw new HttpError(404, "404: Page Not Found")
  return { kubeletconfig: configuration() }
}
