import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { fetchOnce, podsOf, startWebApp, type WebApp } from "./web-app.ts"

describe("gantry down and up", () => {
  let cluster: TestCluster
  let app: WebApp
  before(async () => {
    cluster = await startTestCluster({ name: "again" })
    app = await startWebApp(cluster, "web", 2)
    await cluster.kubectl("create configmap kept --from-literal=word=stays")
  })
  after(() => cluster.down())

  const identities = async () => (await podsOf(cluster, app)).map(({ metadata }) => metadata)

  it("up twice: leaves what runs alone", async () => {
    const [server, agent] = [cluster.serverPid, cluster.agentPid()]
    const said = await cluster.up()
    assert.match(said, /node +\S+ runs already, process \d+/)
    assert.match(said, /server +https:\S+ runs already, process \d+/)
    assert.deepEqual([cluster.serverPid, cluster.agentPid()], [server, agent])
  })

  it("up that is killed midway: the next one waits for what it has started", async () => {
    await cluster.gantry("down")
    const first = new AbortController()
    const killed = assert.rejects(cluster.tryUp([], first.signal), { name: "AbortError" })
    await until("the server has begun", () => cluster.serverPid)
    const server = cluster.serverPid
    first.abort()
    await killed
    await cluster.up()
    assert.equal(cluster.serverPid, server)
    assert.match(await cluster.kubectl("get nodes"), / Ready /)
    await cluster.kubectl("rollout status deployment/web --timeout=50s")
  })

  it("an agent that is asked to end does not wait for containers that take their time", async () => {
    const [agent, hour] = [cluster.agentPid(), 3600]
    assert.ok(agent)
    await cluster.kubectl(
      `run slow --image=${BUSYBOX} --overrides={"spec":{"terminationGracePeriodSeconds":${hour}}} -- sleep ${hour}`,
    )
    await cluster.kubectl("wait pod/slow --for=condition=Ready --timeout=50s")
    await cluster.kubectl("delete pod slow --wait=false")
    await until("its container is asked to end", async () => (await cluster.kubectl("events")).includes("Killing"))
    process.kill(agent, "SIGTERM")
    await until("the agent has ended", () => cluster.agentPid() === undefined)
    await cluster.up()
    await cluster.kubectl("delete pod slow --now --timeout=50s")
  })

  it("down, twice: nothing runs, the data stays", async () => {
    assert.match(
      await cluster.gantry("down"),
      /is down after .*\. Its data stays in .*; \.\/gantry up brings it back\./,
    )
    assert.deepEqual(await cluster.leftovers(), [])
    await cluster.gantry("down")
    assert.deepEqual(await cluster.leftovers(), [])
    const { code, stdout } = await cluster.tryGantry("status")
    assert.equal(code, 1)
    assert.match(stdout, /server +stopped/)
  })

  it("up again: data and pods come back", async () => {
    // The pods themselves, not others in their place.
    await cluster.up()
    assert.equal(await cluster.kubectl("get configmap kept -o jsonpath={.data.word}"), "stays")
    const names = (await identities()).map(({ name }) => `pod/${name}`)
    assert.equal(names.length, 2)
    await until("new containers run", async () =>
      (await podsOf(cluster, app)).every(({ status }) =>
        status.containerStatuses?.every(({ ready, restartCount }) => ready && restartCount === 2),
      ),
    )
    assert.equal(await fetchOnce(app.clusterUrl), "it works\n")
    assert.equal(await fetchOnce(app.nodePortUrl), "it works\n")
    assert.match(readFileSync(cluster.kubeconfig, "utf8"), new RegExp(`current-context: ${cluster.name}`))
  })
})
