import assert from "node:assert/strict"
import { test } from "node:test"
import { defaulted } from "../../testing.ts"
import { defaultPullPolicy } from "./image-name.ts"
import { Pod } from "./pod.ts"

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

/** What the API adds to the manifest of a pod. */
const cases: readonly { readonly name: string; readonly given: object; readonly becomes: object }[] = [
  {
    name: "a pod",
    given: { spec: { containers: [container] } },
    becomes: {
      spec: { ...podSpecDefaults, containers: [{ ...container, ...containerDefaults }], enableServiceLinks: true },
      status: {},
    },
  },
  {
    name: "requests that a pod leaves out are its limits",
    given: {
      spec: {
        containers: [
          { ...container, resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { memory: "0.5Gi" } } },
        ],
      },
    },
    becomes: {
      spec: {
        ...podSpecDefaults,
        containers: [
          {
            ...container,
            ...containerDefaults,
            resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "512Mi" } },
          },
        ],
        enableServiceLinks: true,
      },
      status: {},
    },
  },
  {
    name: "a pod with resources of its own requests what its containers do, or its limits",
    given: {
      spec: {
        resources: { limits: { cpu: "2", memory: "1Gi" } },
        containers: [{ ...container, resources: { requests: { cpu: "250m" } } }],
        initContainers: [{ name: "i", image: "web:1", resources: { requests: { cpu: "300m" } } }],
      },
    },
    becomes: {
      spec: {
        ...podSpecDefaults,
        resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "300m", memory: "1Gi" } },
        containers: [{ ...container, ...containerDefaults, resources: { requests: { cpu: "250m" } } }],
        initContainers: [{ name: "i", image: "web:1", ...containerDefaults, resources: { requests: { cpu: "300m" } } }],
        enableServiceLinks: true,
      },
      status: {},
    },
  },
  {
    name: "a pod on the host's network",
    given: { spec: { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] } },
    becomes: {
      spec: {
        ...podSpecDefaults,
        hostNetwork: true,
        containers: [
          { ...container, ...containerDefaults, ports: [{ hostPort: 80, containerPort: 80, protocol: "TCP" }] },
        ],
        enableServiceLinks: true,
      },
      status: {},
    },
  },
  {
    name: "the service account's old name, init container annotations, a negative grace period",
    given: {
      metadata: { annotations: { "pod.beta.kubernetes.io/init-containers": "[]", a: "b" } },
      spec: { serviceAccount: "robot", terminationGracePeriodSeconds: -5, containers: [] },
    },
    becomes: {
      metadata: { annotations: { a: "b" } },
      spec: {
        ...podSpecDefaults,
        terminationGracePeriodSeconds: 1,
        containers: [],
        serviceAccount: "robot",
        serviceAccountName: "robot",
        enableServiceLinks: true,
      },
      status: {},
    },
  },
]
for (const { name, given, becomes } of cases) {
  test(`defaults of ${name}`, () => {
    const found: unknown = JSON.parse(JSON.stringify(defaulted(Pod, given)))
    assert.deepEqual(found, { apiVersion: "v1", kind: "Pod", metadata: {}, ...becomes })
  })
}

const digest = `sha256:${"0".repeat(64)}`
const policies: readonly (readonly [string, string])[] = [
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.27", "IfNotPresent"],
  ["localhost:5000/app", "Always"],
  ["localhost:5000/app:v1", "IfNotPresent"],
  [`app@${digest}`, "IfNotPresent"],
  [`app:latest@${digest}`, "Always"],
  ["Not An Image", "IfNotPresent"],
]
for (const [image, policy] of policies) {
  test(`the pull policy of ${image} is ${policy}`, () => assert.equal(defaultPullPolicy(image), policy))
}
