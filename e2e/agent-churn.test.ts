import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { processesOf } from "./pod-processes.ts"
import type { PodObject } from "./web-app.ts"

/** How often the agent is killed. Two hundred times are for a long evening: GANTRY_AGENT_KILLS=200. */
const KILLS = Number(process.env["GANTRY_AGENT_KILLS"] ?? 6)
const STEADY = 3
/** Pods that come and go at a time. */
const CHURN = 3
/** Kills meet starts and ends of pods at every moment of them. */
const KILL_STEP_MS = 70

const pod = (name: string, role: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { role } },
  spec: {
    terminationGracePeriodSeconds: 0,
    volumes: [{ name: "data", emptyDir: { medium: "Memory" } }],
    containers: [
      {
        name: "main",
        image: BUSYBOX,
        command: ["sleep", "100000"],
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
  },
})

describe("an agent that is killed again and again while pods come and go", () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster({ name: "churn" })
  })
  after(() => cluster.down())

  const pods = async (role: string) => (await cluster.get<{ items: PodObject[] }>(`pods -l role=${role}`)).items
  const running = async (role: string, count: number) => {
    await until(`${count} pods run`, async () => {
      const found = await pods(role)
      return found.length === count && found.every(({ status }) => status.containerStatuses?.[0]?.ready)
    })
  }
  /** Which container of each steady pod runs, since when, and as which processes. */
  const steady = async () =>
    (await pods("steady")).map(({ metadata, status }) => [
      metadata.name,
      status.containerStatuses?.map(({ containerID, restartCount, state }) => [
        containerID,
        restartCount,
        state.running?.startedAt,
      ]),
      processesOf(metadata.uid),
    ])
  /** How much of each kind is on the machine: processes, mounts (namespaces are pinned by some), devices, groups. */
  const holdings = async () => {
    const counts = new Map<string, number>()
    for (const line of await cluster.leftovers()) {
      const kind = line.split(" ", 1)[0] ?? ""
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    const groups = `/sys/fs/cgroup${existsSync("/sys/fs/cgroup/memory") ? "/memory" : ""}/gantry-${cluster.name}/kubepods`
    const tiers = [groups, `${groups}/besteffort`].flatMap((folder) => readdirSync(folder))
    counts.set("pod groups", tiers.filter((name) => name.startsWith("pod")).length)
    return Object.fromEntries(counts)
  }

  it("restarts no container, changes no process, leaves nothing behind", async () => {
    await cluster.apply(...Array.from({ length: STEADY }, (_, at) => pod(`steady-${at}`, "steady")))
    await running("steady", STEADY)
    const [before, held] = [await steady(), await holdings()]
    for (let round = 0; round < KILLS; round++) {
      const churned = await pods("churn")
      const changes = [
        cluster.apply(...Array.from({ length: CHURN }, (_, at) => pod(`churn-${round}-${at}`, "churn"))),
        ...churned.map(({ metadata }) => cluster.kubectl(`delete pod ${metadata.name} --wait=false`)),
      ]
      await sleep((round * KILL_STEP_MS) % 1000)
      await cluster.kill("agent")
      await Promise.all(changes)
      await cluster.up()
      assert.deepEqual(await steady(), before)
      await running("churn", CHURN)
    }
    await cluster.kubectl("delete pods -l role=churn --timeout=50s")
    await until("everything of them is given back", async () => {
      return JSON.stringify(await holdings()) === JSON.stringify(held)
    }).catch(async (error: unknown) => {
      // The difference says more than that there is one.
      assert.deepEqual(await holdings(), held)
      throw error
    })
    assert.deepEqual(await steady(), before)
  })
})
