import assert from "node:assert/strict"
import { test } from "node:test"
import { parseConfiguration } from "./parse-configuration.ts"
import { defaultSettings } from "./settings.ts"

const parse = (fields: object) =>
  parseConfiguration(
    JSON.stringify({ apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", ...fields }),
  )

test("a file that says nothing changes nothing", () => assert.deepEqual(parse({}), defaultSettings))

test("a file as kubeadm writes it is taken, but for what is not done here", () => {
  const text = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {cacheTTL: 0s, enabled: true}
authorization:
  mode: Webhook
  webhook: {cacheAuthorizedTTL: 0s, cacheUnauthorizedTTL: 0s}
clusterDNS: [10.96.0.10]
clusterDomain: cluster.test
containerRuntimeEndpoint: ""
cpuManagerReconcilePeriod: 0s
crashLoopBackOff: {}
evictionPressureTransitionPeriod: 0s
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
imageMaximumGCAge: 0s
logging: {flushFrequency: 0, options: {json: {infoBufferSize: "0"}}, verbosity: 0}
memorySwap: {}
resolvConf: /run/systemd/resolve/resolv.conf
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`
  assert.deepEqual(parseConfiguration(text), {
    ...defaultSettings,
    clusterDns: ["10.96.0.10"],
    clusterDomain: "cluster.test",
    resolvConf: "/run/systemd/resolve/resolv.conf",
    staticPodPath: "/etc/kubernetes/manifests",
  })
  const more = `cgroupDriver: systemd\ntlsMinVersion: VersionTLS13\n`
  assert.throws(() => parseConfiguration(text + more), {
    message:
      '[invalid configuration: cgroupDriver: found "systemd", and only "cgroupfs" is available here, invalid configuration: tlsMinVersion: found "VersionTLS13", and only "" is available here]',
  })
})

test("what is set is followed", () => {
  const settings = parse({
    fileCheckFrequency: "5s",
    maxPods: 20,
    podPidsLimit: 100,
    evictionHard: { "memory.available": "5%", "pid.available": "0%" },
    mergeDefaultEvictionSettings: true,
    evictionSoft: { "nodefs.available": "20%" },
    evictionSoftGracePeriod: { "nodefs.available": "1m30s" },
    evictionMaxPodGracePeriod: 10,
    systemReserved: { cpu: "500m", memory: "1Gi" },
    reservedSystemCPUs: "0-1",
    enforceNodeAllocatable: ["none"],
    containerLogMaxSize: "1Mi",
    maxParallelImagePulls: 3,
    serializeImagePulls: false,
    nodeStatusUpdateFrequency: "4s",
    crashLoopBackOff: { maxContainerRestartPeriod: "20s" },
    allowedUnsafeSysctls: ["kernel.msg*", "net.core.somaxconn"],
  })
  const { eviction, logs, node, pulls, reserved } = settings
  assert.deepEqual(eviction.hard, { ...defaultSettings.eviction.hard, "memory.available": "5%" })
  assert.deepEqual([eviction.softGraceMs, eviction.podGraceMaxMs], [{ "nodefs.available": 90_000 }, 10_000])
  assert.deepEqual(
    { ...reserved, system: { ...reserved.system } },
    { system: { cpu: "500m", memory: "1Gi" }, kube: {}, cpus: "0-1", enforced: false },
  )
  assert.deepEqual(logs, { ...defaultSettings.logs, bytesMax: 2 ** 20 })
  assert.deepEqual(pulls, { ...defaultSettings.pulls, atOnceMax: 3 })
  assert.deepEqual([node.lookEveryMs, node.reportEveryMs], [4000, 4000])
  const { checkManifestsEveryMs, podPidsMax, podsMax, restartPauseMaxMs } = settings
  assert.deepEqual([checkManifestsEveryMs, podPidsMax, podsMax, restartPauseMaxMs], [5000, 100, 20, 20_000])
})

const refused: [fields: object, message: string][] = [
  [
    { kind: "Pod" },
    'found "Pod" of "kubelet.config.k8s.io/v1beta1", expected KubeletConfiguration of kubelet.config.k8s.io/v1beta1',
  ],
  [{ maxPod: 1 }, 'strict decoding error: unknown field "maxPod"'],
  [{ maxPods: -1 }, "invalid configuration: maxPods (--max-pods) -1 must not be a negative number"],
  [
    { staticPodURL: "http://a" },
    'invalid configuration: staticPodURL: found "http://a", and only "" is available here',
  ],
  [{ evictionHard: { "memory.free": "1" } }, "unsupported eviction signal memory.free"],
  [{ evictionHard: { "memory.available": "-1" } }, "eviction threshold memory.available must be positive: -1"],
  [
    { evictionSoft: { "memory.available": "1Gi" } },
    "grace period must be specified for the soft eviction threshold memory.available",
  ],
  [
    { imagePullCredentialsVerificationPolicy: "Sometimes" },
    'invalid configuration: option "Sometimes" specified for imagePullCredentialsVerificationPolicy. Valid options are "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages" or "AlwaysVerify"',
  ],
  [
    { preloadedImagesVerificationAllowlist: ["a"] },
    'invalid configuration: can\'t set `preloadedImagesVerificationAllowlist` if `imagePullCredentialsVertificationPolicy` is not "NeverVerifyAllowlistedImages"',
  ],
  [
    {
      imagePullCredentialsVerificationPolicy: "NeverVerifyAllowlistedImages",
      preloadedImagesVerificationAllowlist: ["example.com/a", "example.com/a:1"],
    },
    "invalid configuration: invalid image pattern in `preloadedImagesVerificationAllowlist`: neither tag nor digest is accepted in an image reference: example.com/a:1",
  ],
  [{ kubeReserved: { gpu: "1" } }, '--kube-reserved value failed to parse: cannot reserve "gpu" resource'],
  [
    { imageGCHighThresholdPercent: 50 },
    "invalid configuration: imageGCLowThresholdPercent (--image-gc-low-threshold) 80 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 50",
  ],
  [
    { maxParallelImagePulls: 2, serializeImagePulls: true },
    "invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false",
  ],
  [{ containerLogMaxFiles: 1 }, "invalid configuration: containerLogMaxFiles must be greater than 1"],
  [
    { crashLoopBackOff: { maxContainerRestartPeriod: "10m" } },
    "invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: 600 seconds) must be set between 1s and 300s",
  ],
  [
    { enforceNodeAllocatable: ["pods", "pods"] },
    'invalid configuration: duplicated enforcements "pods" in enforceNodeAllocatable (--enforce-node-allocatable)',
  ],
  [
    { reservedSystemCPUs: "3-1" },
    'invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) 3-1, error: invalid range "3-1" (3 > 1)',
  ],
  [{ cpuManagerPolicy: "dynamic" }, 'unknown policy: "dynamic"'],
  [
    { cpuManagerPolicyOptions: { "full-pcpus-only": "true" } },
    "None policy: received unsupported options=map[full-pcpus-only:true]",
  ],
  [
    { topologyManagerPolicy: "strict" },
    'invalid configuration: topologyManagerPolicy (--topology-manager-policy) "strict" must be one of: ["none" "best-effort" "restricted" "single-numa-node"]',
  ],
  [
    { topologyManagerScope: "node" },
    'invalid configuration: topologyManagerScope (--topology-manager-scope) "node" must be one of: "container", or "pod"',
  ],
  [
    { reservedMemory: [{ numaNode: 0, limits: { cpu: "1" } }] },
    'invalid configuration: the limit type "cpu" for NUMA node 0 is not supported, only [memory hugepages-<HugePageSize>] is accepted',
  ],
  [
    { reservedMemory: [0, 0].map((numaNode) => ({ numaNode, limits: { memory: "1Gi" } })) },
    'invalid configuration: the reserved memory has a duplicate value for NUMA node 0 and resource "memory"',
  ],
  [
    { memorySwap: { swapBehavior: "UnlimitedSwap" } },
    'invalid configuration: memorySwap.swapBehavior "UnlimitedSwap" must be one of: "", "LimitedSwap" or "NoSwap"',
  ],
  [
    { featureGates: { NodeSwap: false } },
    'invalid configuration: featureGates: found "NodeSwap", and only CPUManagerPolicyAlphaOptions, CPUManagerPolicyBetaOptions, TopologyManagerPolicyAlphaOptions, TopologyManagerPolicyBetaOptions, DisableCPUQuotaWithExclusiveCPUs can be set here',
  ],
  [{ allowedUnsafeSysctls: ["vm.swappiness"] }, 'the sysctls "vm.swappiness" are not known to be namespaced'],
]
for (const [fields, message] of refused) {
  test(`refused: ${message}`, () => assert.throws(() => parse(fields), { message }))
}

test("which CPUs and memory containers get", () => {
  const { placement, swap } = parse({
    cpuManagerPolicy: "static",
    cpuManagerPolicyOptions: { "align-by-socket": "true", "full-pcpus-only": "T" },
    cpuManagerReconcilePeriod: "5s",
    featureGates: { CPUManagerPolicyAlphaOptions: true },
    memoryManagerPolicy: "Static",
    memorySwap: { swapBehavior: "LimitedSwap" },
    reservedMemory: [{ numaNode: 1, limits: { "hugepages-2Mi": "4Mi" } }],
    topologyManagerPolicy: "restricted",
    topologyManagerPolicyOptions: { "prefer-closest-numa-nodes": "true" },
    topologyManagerScope: "pod",
  })
  const { cpu, memory, topology } = placement
  assert.deepEqual(
    [cpu.policy, cpu.options.bySocket, cpu.options.fullCores, cpu.reconcileEveryMs],
    ["static", true, true, 5000],
  )
  assert.deepEqual(
    [memory.policy, memory.reserved[0]?.node, { ...memory.reserved[0]?.limits }],
    ["Static", 1, { "hugepages-2Mi": "4Mi" }],
  )
  assert.deepEqual([topology.policy, topology.scope, topology.options.preferClosest], ["restricted", "pod", true])
  assert.equal(swap, "LimitedSwap")
})

test("the time of pods when the node shuts down is for all together, or by priority", () => {
  assert.deepEqual(parse({ shutdownGracePeriod: "30s", shutdownGracePeriodCriticalPods: "10s" }).shutdown, [
    { priority: 0, seconds: 20 },
    { priority: 2_000_000_000, seconds: 10 },
  ])
  const byPriority = [{ priority: 5, shutdownGracePeriodSeconds: 7 }]
  assert.deepEqual(parse({ shutdownGracePeriodByPodPriority: byPriority }).shutdown, [{ priority: 5, seconds: 7 }])
  assert.throws(() => parse({ shutdownGracePeriodByPodPriority: byPriority, shutdownGracePeriod: "1s" }), {
    message:
      "invalid configuration: Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time",
  })
})
