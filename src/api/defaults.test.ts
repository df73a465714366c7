import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../machinery/schema/resource.ts"
import { Deployment } from "./apps/v1/deployment.ts"
import { TokenRequest } from "./authentication/v1/token-request.ts"
import { ConfigMap } from "./core/v1/config-map.ts"
import { Namespace } from "./core/v1/namespace.ts"
import { Node } from "./core/v1/node.ts"
import { ReplicationController } from "./core/v1/replication-controller.ts"
import { Secret } from "./core/v1/secret.ts"
import { Service } from "./core/v1/service.ts"
import { EndpointSlice } from "./discovery/v1/endpoint-slice.ts"
import { RoleBinding } from "./rbac/v1/role-binding.ts"
import { defaulted } from "./testing.ts"

/** What the API adds to a manifest. `adds` is compared with those members of the result that it names. */
const container = { name: "c", image: "web:1" }
const containerDefaults = {
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "IfNotPresent",
}
const podSpecDefaults = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
}
const serviceDefaults = { type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster" }

interface Case {
  readonly name: string
  readonly resource: AnyResource
  readonly given: object
  readonly becomes: object
}
const cases: readonly Case[] = [
  {
    name: "volumes and probes of a template, which gets no pod defaults",
    resource: Deployment,
    given: {
      spec: {
        selector: {},
        template: {
          spec: {
            volumes: [
              { name: "empty" },
              { name: "secret", secret: { secretName: "s" } },
              { name: "host", hostPath: { path: "/" } },
              { name: "token", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
              { name: "image", image: { reference: "data" } },
            ],
            containers: [
              {
                ...container,
                env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
                resources: { limits: { cpu: "100.5m" } },
                readinessProbe: { httpGet: { port: "http" } },
                livenessProbe: { grpc: { port: 1 }, periodSeconds: 3 },
              },
            ],
          },
        },
      },
    },
    becomes: {
      spec: {
        replicas: 1,
        selector: {},
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: {
          metadata: {},
          spec: {
            ...podSpecDefaults,
            volumes: [
              { name: "empty", emptyDir: {} },
              { name: "secret", secret: { secretName: "s", defaultMode: 420 } },
              { name: "host", hostPath: { path: "/", type: "" } },
              {
                name: "token",
                projected: {
                  defaultMode: 420,
                  sources: [{ serviceAccountToken: { path: "t", expirationSeconds: 3600 } }],
                },
              },
              { name: "image", image: { reference: "data", pullPolicy: "Always" } },
            ],
            containers: [
              {
                ...container,
                ...containerDefaults,
                env: [{ name: "IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } }],
                resources: { limits: { cpu: "101m" } },
                readinessProbe: {
                  httpGet: { port: "http", path: "/", scheme: "HTTP" },
                  timeoutSeconds: 1,
                  periodSeconds: 10,
                  successThreshold: 1,
                  failureThreshold: 3,
                },
                livenessProbe: {
                  grpc: { port: 1, service: "" },
                  timeoutSeconds: 1,
                  periodSeconds: 3,
                  successThreshold: 1,
                  failureThreshold: 3,
                },
              },
            ],
          },
        },
      },
      status: {},
    },
  },
  {
    name: "a deployment that recreates",
    resource: Deployment,
    given: {
      spec: { selector: {}, replicas: 0, template: { spec: { containers: [] } }, strategy: { type: "Recreate" } },
    },
    becomes: {
      spec: {
        replicas: 0,
        selector: {},
        strategy: { type: "Recreate" },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: { metadata: {}, spec: { ...podSpecDefaults, containers: [] } },
      },
      status: {},
    },
  },
  {
    name: "a service",
    resource: Service,
    given: { spec: { ports: [{ port: 80 }, { port: 53, protocol: "UDP", targetPort: "dns" }] } },
    becomes: {
      spec: {
        ...serviceDefaults,
        ports: [
          { port: 80, targetPort: 80, protocol: "TCP" },
          { port: 53, targetPort: "dns", protocol: "UDP" },
        ],
      },
      status: { loadBalancer: {} },
    },
  },
  {
    name: "a load balancer with client affinity",
    resource: Service,
    given: {
      spec: { type: "LoadBalancer", sessionAffinity: "ClientIP" },
      status: { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } },
    },
    becomes: {
      spec: {
        ...serviceDefaults,
        type: "LoadBalancer",
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        externalTrafficPolicy: "Cluster",
        allocateLoadBalancerNodePorts: true,
      },
      status: { loadBalancer: { ingress: [{ ip: "1.2.3.4", ipMode: "VIP" }] } },
    },
  },
  {
    name: "an external name",
    resource: Service,
    given: { spec: { type: "ExternalName", externalName: "example.com" } },
    becomes: {
      spec: { type: "ExternalName", sessionAffinity: "None", externalName: "example.com" },
      status: { loadBalancer: {} },
    },
  },
  {
    name: "a secret's text",
    resource: Secret,
    given: { data: { a: "AA==" }, stringData: { a: "é", b: "" } },
    becomes: { type: "Opaque", data: { a: "w6k=", b: "" } },
  },
  { name: "a config map", resource: ConfigMap, given: { data: {} }, becomes: {} },
  {
    name: "a namespace",
    resource: Namespace,
    given: { metadata: { name: "team", labels: { "kubernetes.io/metadata.name": "other" } } },
    becomes: {
      metadata: { name: "team", labels: { "kubernetes.io/metadata.name": "team" } },
      spec: {},
      status: { phase: "Active" },
    },
  },
  {
    name: "a replication controller's selector and labels",
    resource: ReplicationController,
    given: { spec: { template: { metadata: { labels: { app: "a" } }, spec: { containers: [] } } } },
    becomes: {
      metadata: { labels: { app: "a" } },
      spec: {
        replicas: 1,
        selector: { app: "a" },
        template: { metadata: { labels: { app: "a" } }, spec: { ...podSpecDefaults, containers: [] } },
      },
      status: { replicas: 0 },
    },
  },
  {
    name: "an endpoint slice's ports",
    resource: EndpointSlice,
    given: { addressType: "IPv4", ports: [{ port: 1 }] },
    becomes: { addressType: "IPv4", endpoints: [], ports: [{ name: "", protocol: "TCP", port: 1 }] },
  },
  {
    name: "a role binding's groups",
    resource: RoleBinding,
    given: {
      roleRef: { kind: "Role", name: "r" },
      subjects: [
        { kind: "User", name: "u" },
        { kind: "ServiceAccount", name: "s", namespace: "n" },
      ],
    },
    becomes: {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [
        { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "u" },
        { kind: "ServiceAccount", name: "s", namespace: "n" },
      ],
    },
  },
  {
    name: "a token request",
    resource: TokenRequest,
    given: { spec: {} },
    becomes: { spec: { audiences: [], expirationSeconds: 3600 }, status: { token: "" } },
  },
]

for (const { name, resource, given, becomes } of cases) {
  test(`defaults of ${name}`, () => {
    const found: unknown = JSON.parse(JSON.stringify(defaulted(resource, given)))
    const { apiVersion, kind } = resource
    assert.deepEqual(found, { apiVersion, kind, metadata: {}, ...becomes })
  })
}

test("a node's allocatable is its capacity, and its first pod range has two names", () => {
  const node = defaulted(Node, { spec: { podCIDR: "10.0.0.0/24" }, status: { capacity: { cpu: "2" } } })
  assert.deepEqual(node.spec.podCIDRs, ["10.0.0.0/24"])
  assert.deepEqual({ ...node.status.allocatable }, { cpu: "2" })
})
