import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { formatCpus, parseCpus } from "../src/kubelet/cpus/cpu-set.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"

const CONFIG = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cpuManagerPolicy: static
topologyManagerPolicy: single-numa-node
reservedSystemCPUs: "0"
`

const podOf = (name: string, resources: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "c", image: BUSYBOX, command: ["sleep", "100000"], resources }],
  },
})

describe("CPUs of their own", {
  skip: availableParallelism() < 2 && "a CPU besides the reserved one is needed",
}, () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await prepareTestCluster("cpus")
    const config = join(cluster.folder, "kubelet.yaml")
    writeFileSync(config, CONFIG)
    await cluster.up(["--kubelet-config", config])
    await cluster.loadBusybox()
  })
  after(() => cluster.down())

  const allowed = async (pod: string) => {
    const status = await cluster.kubectl(["exec", pod, "--", "cat", "/proc/self/status"])
    return /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1]
  }
  const moves = (pod: string, cpus: string | undefined) =>
    until(`${pod} runs on ${cpus}`, async () => (await allowed(pod)) === cpus)

  it("are a container's alone while it runs, whatever becomes of the agent", async () => {
    await cluster.apply(podOf("shared", {}))
    await cluster.kubectl("wait pod/shared --for=condition=Ready --timeout=60s")
    const all = await allowed("shared")
    await cluster.apply(podOf("own", { limits: { cpu: "1", memory: "16Mi" } }))
    await cluster.kubectl("wait pod/own --for=condition=Ready --timeout=60s")
    const own = await allowed("own")
    // Which one depends on the machine; not the reserved one.
    assert.match(own ?? "", /^[1-9]\d*$/)
    const rest = formatCpus(parseCpus(all ?? "").filter((cpu) => String(cpu) !== own))
    await moves("shared", rest)
    await cluster.kill("agent")
    await cluster.up()
    assert.equal(await allowed("own"), own)
    assert.equal(await allowed("shared"), rest)
    const { status } = await cluster.get<Pod>("pod own")
    assert.equal(status.containerStatuses?.[0]?.restartCount, 0)
    await cluster.kubectl("delete pod own")
    await moves("shared", all)
  })

  it("are refused to those who would have to share them", async () => {
    const node = cluster.record.nodes[0]?.name
    const bound = podOf("many", { limits: { cpu: String(availableParallelism()), memory: "16Mi" } })
    await cluster.apply({ ...bound, spec: { ...bound.spec, nodeName: node } })
    await cluster.kubectl([
      "wait",
      "pod/many",
      "--for=jsonpath={.status.reason}=TopologyAffinityError",
      "--timeout=60s",
    ])
  })
})
