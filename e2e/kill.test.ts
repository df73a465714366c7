import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { ConfigMap } from "../src/api/core/v1/config-map.ts"
import { adminClient } from "../src/cmd/cluster/admin-client.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { podsOf, startLoad, startWebApp, type WebApp } from "./web-app.ts"

/** Times that each kind of kill is done in a row: once proves little. */
const ROUNDS = 3
const REPLICAS = 3
/** Writes that are acknowledged before the kill. */
const ACKNOWLEDGED = 10

describe("kill -9", () => {
  let cluster: TestCluster
  let app: WebApp
  before(async () => {
    cluster = await startTestCluster({ name: "kill" })
    app = await startWebApp(cluster, "web", REPLICAS)
  })
  after(() => cluster.down())

  /** What must stay as it is: which containers run since when, and how often they were restarted. */
  const containers = async () =>
    (await podsOf(cluster, app)).map(({ metadata, status }) => [
      metadata.name,
      status.containerStatuses?.map(({ containerID, ready, restartCount, state }) => [
        containerID,
        ready,
        restartCount,
        state.running?.startedAt,
      ]),
    ])

  for (const which of [["server"], ["agent"], ["server", "agent"]] as const) {
    it(`of ${which.join(" and ")}: no request fails, no container restarts, up brings them back`, async () => {
      const before = await containers()
      assert.equal(before.length, REPLICAS)
      const load = startLoad([app.clusterUrl, app.nodePortUrl])
      try {
        for (let round = 0; round < ROUNDS; round++) {
          await cluster.kill(...which)
          const answered = load.answered
          await until("requests are answered meanwhile", () => load.answered > answered + 100)
          await cluster.up()
          assert.deepEqual(await containers(), before)
        }
        // The new server's controllers and the new agent agree with what they found.
        await cluster.kubectl("create deployment later --image=gantry.test/busybox:1 -- sleep 1000")
        await cluster.kubectl("rollout status deployment/later --timeout=50s")
        await cluster.kubectl("delete deployment later --timeout=50s")
        assert.deepEqual(await containers(), before)
      } finally {
        await load.stop()
      }
      assert.deepEqual(load.failures, [])
    })
  }

  it("finds every write that was acknowledged before the server was killed", async () => {
    const platform = createNodePlatform({ logLevel: "error" })
    const names: string[] = []
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const { client, close } = adminClient(cluster.record, platform)
      const server = cluster.serverPid
      assert.ok(server)
      let acknowledged = 0
      // Several at once, so that the kill meets writes in every state; only acknowledged ones count.
      const creates = Array.from({ length: 2 * ACKNOWLEDGED }, async (_, at) => {
        const name = `written-${round}-${at}`
        await client.of(ConfigMap).create({ metadata: { namespace: "default", name }, data: { round: String(round) } })
        names.push(name)
        if (++acknowledged === ACKNOWLEDGED) process.kill(server, "SIGKILL")
      })
      await Promise.allSettled(creates)
      close()
      await until("the server is gone", () => cluster.serverPid === undefined)
      await cluster.up()
      const found = new Set(words(await cluster.kubectl("get configmaps -o name")))
      assert.deepEqual(
        names.filter((name) => !found.has(`configmap/${name}`)),
        [],
      )
    }
    assert.ok(names.length >= 2 * ROUNDS * ACKNOWLEDGED, `only ${names.length} writes were acknowledged`)
  })
})

const words = (text: string): string[] => text.trim().split("\n")
