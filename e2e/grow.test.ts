import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { podsOf, startLoad, startWebApp, type WebApp } from "./web-app.ts"

describe("more nodes for a cluster that exists", () => {
  let cluster: TestCluster
  let app: WebApp
  before(async () => {
    cluster = await startTestCluster({ name: "grow" })
    app = await startWebApp(cluster, "web", 2)
  })
  after(() => cluster.down())

  it("a second one only while it is down, because the first gets another address", async () => {
    const { code, stderr } = await cluster.tryUp(["--nodes", "2"])
    assert.equal(code, 1)
    assert.match(stderr, /--nodes: .* runs with its network made for one node\. Stop it first: \.\/gantry down/)
    assert.equal((await podsOf(cluster, app)).length, 2)
    await cluster.gantry("down")
    await cluster.up(["--nodes", "2"])
    await cluster.kubectl("wait node --all --for=condition=Ready --timeout=50s")
    await cluster.kubectl("rollout status deployment/web --timeout=50s")
  })

  it("further ones while it runs, without a failed request", async () => {
    const load = startLoad([app.clusterUrl, app.nodePortUrl])
    try {
      await cluster.up(["--nodes", "3"])
      await cluster.kubectl("wait node --all --for=condition=Ready --timeout=50s")
      await cluster.kubectl("scale deployment web --replicas=8")
      await cluster.kubectl("rollout status deployment/web --timeout=50s")
    } finally {
      await load.stop()
    }
    assert.deepEqual(load.failures, [])
    const nodes = await cluster.kubectl("get pods -l app=web -o jsonpath={.items[*].spec.nodeName}")
    assert.equal(new Set(nodes.split(" ")).size, 3)
  })

  it("fewer are refused", async () => {
    const { code, stderr } = await cluster.tryUp(["--nodes", "1"])
    assert.equal(code, 1)
    assert.match(stderr, /--nodes: .* has 3 nodes, found 1/)
  })
})
