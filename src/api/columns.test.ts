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
import { type RowCase, testRows } from "./testing.ts"

/** The rows of `kubectl get -o wide`, without the name. */
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
testRows(rows)
