import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource, Column } from "../machinery/schema/resource.ts"
import { Deployment } from "./apps/v1/deployment.ts"
import { Endpoints } from "./core/v1/endpoints.ts"
import { Event } from "./core/v1/event.ts"
import { Namespace } from "./core/v1/namespace.ts"
import { Node } from "./core/v1/node.ts"
import { Pod } from "./core/v1/pod.ts"
import { Service } from "./core/v1/service.ts"
import { EndpointSlice } from "./discovery/v1/endpoint-slice.ts"
import { Event as NewEvent } from "./events/v1/event.ts"
import { ClusterRoleBinding } from "./rbac/v1/cluster-role-binding.ts"
import { defaulted } from "./testing.ts"

/** The rows of `kubectl get -o wide`, without the name. */
const now = Date.parse("2026-01-01T01:00:00Z")
const created = "2026-01-01T00:00:00Z"

function columnsOf(resource: AnyResource) {
  return resource.columns as readonly unknown[] as readonly Column<unknown>[]
}
type Manifest = Readonly<Record<string, unknown>> & { readonly metadata?: object }

function row(resource: AnyResource, manifest: Manifest): readonly (string | number | boolean)[] {
  const object = defaulted(resource, {
    ...manifest,
    metadata: { name: "x", creationTimestamp: created, ...manifest.metadata },
  })
  return columnsOf(resource).map((column) => column.value(object, now))
}

const exited = (exitCode: number, reason = "", finishedAt = "2026-01-01T00:55:00Z") => ({
  terminated: { exitCode, reason, finishedAt },
})
const running = { running: { startedAt: created } }
const waiting = (reason: string) => ({ waiting: { reason } })
const status = (name: string, state: object, more: object = {}) => ({
  name,
  state,
  lastState: {},
  restartCount: 0,
  ready: false,
  image: "",
  imageID: "",
  ...more,
})
const twoContainers = { containers: [{ name: "a" }, { name: "b" }] }
const withInit = { containers: [{ name: "a" }], initContainers: [{ name: "i" }, { name: "j" }] }
const withSidecar = { containers: [{ name: "a" }], initContainers: [{ name: "s", restartPolicy: "Always" }] }
const readyCondition = { type: "Ready", status: "True" }

interface PodCase {
  readonly name: string
  readonly metadata?: object
  readonly spec: object
  readonly status: object
  /** Ready, Status, Restarts. */
  readonly shows: readonly [string, string, string]
}
const pods: readonly PodCase[] = [
  { name: "pending", spec: twoContainers, status: { phase: "Pending" }, shows: ["0/2", "Pending", "0"] },
  {
    name: "running",
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", running, { ready: true }), status("b", running)] },
    shows: ["1/2", "Running", "0"],
  },
  {
    name: "waiting after crashes",
    spec: twoContainers,
    status: {
      phase: "Running",
      containerStatuses: [
        status("a", waiting("CrashLoopBackOff"), { restartCount: 2, lastState: exited(1, "Error") }),
        status("b", running, { ready: true, restartCount: 1, lastState: exited(1, "Error", "2026-01-01T00:59:30Z") }),
      ],
    },
    shows: ["1/2", "CrashLoopBackOff", "3 (30s ago)"],
  },
  {
    name: "completed",
    spec: twoContainers,
    status: {
      phase: "Succeeded",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", exited(0, "Completed"))],
    },
    shows: ["0/2", "Completed", "0"],
  },
  {
    name: "one completed, one running and ready",
    spec: twoContainers,
    status: {
      phase: "Running",
      conditions: [readyCondition],
      containerStatuses: [status("a", exited(0, "Completed")), status("b", running, { ready: true })],
    },
    shows: ["1/2", "Running", "0"],
  },
  {
    name: "one completed, one running, not ready as a whole",
    spec: twoContainers,
    status: {
      phase: "Running",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", running, { ready: true })],
    },
    shows: ["1/2", "NotReady", "0"],
  },
  {
    name: "one completed, one failed",
    spec: twoContainers,
    status: {
      phase: "Failed",
      containerStatuses: [status("a", exited(0, "Completed")), status("b", exited(137, "OOMKilled"))],
    },
    shows: ["0/2", "OOMKilled", "0"],
  },
  {
    name: "exited without a reason",
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", { terminated: { exitCode: 3 } })] },
    shows: ["0/2", "ExitCode:3", "0"],
  },
  {
    name: "first of two init containers",
    spec: withInit,
    status: {
      phase: "Pending",
      initContainerStatuses: [status("i", running), status("j", waiting("PodInitializing"))],
      containerStatuses: [status("a", waiting("PodInitializing"))],
    },
    shows: ["0/1", "Init:0/2", "0"],
  },
  {
    name: "second of two init containers, after a restart of the first",
    spec: withInit,
    status: {
      phase: "Pending",
      initContainerStatuses: [status("i", exited(0), { restartCount: 1 }), status("j", waiting("PodInitializing"))],
    },
    shows: ["0/1", "Init:1/2", "1"],
  },
  {
    name: "init container fails",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", exited(1, "Error"), { restartCount: 4 })] },
    shows: ["0/1", "Init:Error", "4"],
  },
  {
    name: "init container waits to be tried again",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", waiting("CrashLoopBackOff"))] },
    shows: ["0/1", "Init:CrashLoopBackOff", "0"],
  },
  {
    name: "init container killed by a signal",
    spec: withInit,
    status: { phase: "Pending", initContainerStatuses: [status("i", { terminated: { exitCode: 137, signal: 9 } })] },
    shows: ["0/1", "Init:Signal:9", "0"],
  },
  {
    name: "with a sidecar",
    spec: withSidecar,
    status: {
      phase: "Running",
      initContainerStatuses: [status("s", running, { started: true, ready: true, restartCount: 2 })],
      containerStatuses: [status("a", running, { ready: true })],
    },
    shows: ["2/2", "Running", "2"],
  },
  {
    name: "being deleted",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Running", containerStatuses: [status("a", running, { ready: true })] },
    shows: ["1/2", "Terminating", "0"],
  },
  {
    name: "being deleted after it completed",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Succeeded", containerStatuses: [status("a", exited(0, "Completed"))] },
    shows: ["0/2", "Completed", "0"],
  },
  {
    name: "deleted on a lost node",
    metadata: { deletionTimestamp: created },
    spec: twoContainers,
    status: { phase: "Running", reason: "NodeLost" },
    shows: ["0/2", "Unknown", "0"],
  },
  {
    name: "evicted",
    spec: twoContainers,
    status: { phase: "Failed", reason: "Evicted" },
    shows: ["0/2", "Evicted", "0"],
  },
  {
    name: "kept from scheduling",
    spec: twoContainers,
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] },
    shows: ["0/2", "SchedulingGated", "0"],
  },
]
for (const { name, shows, ...manifest } of pods) {
  test(`a pod: ${name}`, () => assert.deepEqual(row(Pod, manifest).slice(0, 3), shows))
}

interface RowCase {
  readonly name: string
  readonly resource: AnyResource
  readonly manifest: Manifest
  readonly headers: string
  readonly cells: readonly (string | number | boolean)[]
}
const podManifest = {
  spec: { containers: [], nodeName: "n", readinessGates: [{ conditionType: "A" }, { conditionType: "B" }] },
  status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }], conditions: [{ type: "A", status: "True" }] },
}
const events = { reason: "Started", type: "Normal" }
const object = { kind: "Pod", name: "web", fieldPath: "spec.containers{c}" }
const rows: readonly RowCase[] = [
  {
    name: "the rest of a pod",
    resource: Pod,
    manifest: podManifest,
    headers: "Ready Status Restarts Age IP Node Nominated_Node Readiness_Gates",
    cells: ["0/0", "", "0", "60m", "10.0.0.1", "n", "<none>", "1/2"],
  },
  {
    name: "a node",
    resource: Node,
    manifest: {
      metadata: { labels: { "node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "agent" } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "10.1.1.1" }],
        nodeInfo: { kubeletVersion: "v1.36.0", osImage: "Debian", kernelVersion: "6.1", architecture: "amd64" },
      },
    },
    headers: "Status Roles Age Version Internal-IP External-IP OS-Image Kernel-Version Container-Runtime",
    cells: [
      "Ready,SchedulingDisabled",
      "agent,control-plane",
      "60m",
      "v1.36.0",
      "10.1.1.1",
      "<none>",
      "Debian",
      "6.1 (amd64)",
      "<unknown>",
    ],
  },
  {
    name: "a service on node ports",
    resource: Service,
    manifest: {
      spec: {
        type: "NodePort",
        clusterIP: "10.0.0.1",
        clusterIPs: ["10.0.0.1"],
        selector: { b: "2", a: "1" },
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: "UDP" },
        ],
      },
    },
    headers: "Type Cluster-IP External-IP Port(s) Age Selector",
    cells: ["NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP", "60m", "a=1,b=2"],
  },
  {
    name: "a load balancer without an address",
    resource: Service,
    manifest: { spec: { type: "LoadBalancer" } },
    headers: "Type Cluster-IP External-IP Port(s) Age Selector",
    cells: ["LoadBalancer", "<none>", "<pending>", "<none>", "60m", "<none>"],
  },
  {
    name: "a deployment",
    resource: Deployment,
    manifest: {
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" }, matchExpressions: [{ key: "t", operator: "In", values: ["b", "a"] }] },
        template: {
          spec: {
            containers: [
              { name: "a", image: "x" },
              { name: "b", image: "y" },
            ],
          },
        },
      },
      status: { readyReplicas: 1, updatedReplicas: 2 },
    },
    headers: "Ready Up-to-date Available Age Containers Images Selector",
    cells: ["1/3", 2, 0, "60m", "a,b", "x,y", "app=web,t in (a,b)"],
  },
  {
    name: "an event of the core API",
    resource: Event,
    manifest: {
      ...events,
      involvedObject: object,
      message: " Started \n",
      source: { component: "kubelet", host: "n" },
      firstTimestamp: "2026-01-01T00:50:00Z",
      lastTimestamp: "2026-01-01T00:59:50Z",
      count: 4,
    },
    headers: "Last_Seen Type Reason Object Subobject Source Message First_Seen Count Name",
    cells: ["10s", "Normal", "Started", "pod/web", "spec.containers{c}", "kubelet, n", "Started", "10m", 4, "x"],
  },
  {
    name: "an event of the new API, once",
    resource: NewEvent,
    manifest: {
      ...events,
      regarding: object,
      note: "Started",
      reportingController: "kubelet",
      eventTime: "2026-01-01T00:50:00.000000Z",
    },
    headers: "Last_Seen Type Reason Object Subobject Source Message First_Seen Count Name",
    cells: ["10m", "Normal", "Started", "pod/web", "spec.containers{c}", "kubelet", "Started", "10m", 1, "x"],
  },
  {
    name: "endpoints",
    resource: Endpoints,
    manifest: {
      subsets: [{ addresses: ["1", "2", "3", "4"].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }],
    },
    headers: "Endpoints Age",
    cells: ["10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...", "60m"],
  },
  {
    name: "an endpoint slice without endpoints",
    resource: EndpointSlice,
    manifest: { addressType: "IPv4" },
    headers: "AddressType Ports Endpoints Age",
    cells: ["IPv4", "<unset>", "<unset>", "60m"],
  },
  {
    name: "a cluster role binding",
    resource: ClusterRoleBinding,
    manifest: {
      roleRef: { kind: "ClusterRole", name: "admin" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "Group", name: "g" },
        { kind: "ServiceAccount", namespace: "n", name: "s" },
      ],
    },
    headers: "Role Age Users Groups ServiceAccounts",
    cells: ["ClusterRole/admin", "60m", "u", "g", "n/s"],
  },
  { name: "a namespace", resource: Namespace, manifest: {}, headers: "Status Age", cells: ["Active", "60m"] },
]
for (const { name, resource, manifest, headers, cells } of rows) {
  test(`a row: ${name}`, () => {
    const names = columnsOf(resource).map((column) => column.name.replaceAll(" ", "_"))
    assert.equal(names.join(" "), headers)
    assert.deepEqual(row(resource, manifest), cells)
  })
}
