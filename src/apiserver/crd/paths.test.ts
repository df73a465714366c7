import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { definition, establish, startTestCluster, type TestCluster } from "./testing.ts"

/** Where the paths of custom resources end. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.close())

const within = (plural: string, rest = "") => `/apis/example.com/v1/namespaces/default/${plural}${rest}`
const object = (kind: string, name: string) => ({ apiVersion: "example.com/v1", kind, metadata: { name } })

test("paths that lead nowhere end at the bare page, and at a status where built-in resources are", async () => {
  await establish(cluster, definition("Quince"))
  await cluster.send("POST", within("quinces"), object("Quince", "a"))
  const page = "404 page not found\n"
  for (const [method, path] of [
    ["GET", "/apis/example.com/v7/namespaces/default/quinces"],
    ["GET", within("nosuch")],
    ["GET", "/apis/nosuch.example.com/v1/quinces/a"],
    ["GET", "/apis/example.com/v1/quinces/a"],
    ["POST", "/apis/example.com/v1/quinces"],
  ] as const) {
    const body = method === "POST" ? object("Quince", "b") : undefined
    const { code, text } = await cluster.send(method, path, body)
    assert.deepEqual([code, text], [404, page], path)
  }
  const status = await cluster.send("GET", within("quinces", "/a/status"))
  assert.deepEqual([status.code, status.body["message"]], [404, 'quinces.example.com "a" not found'])
  const beside = await cluster.send("GET", "/apis/apps/v1/namespaces/default/nosuch")
  assert.deepEqual([beside.code, beside.body["message"]], [404, "the server could not find the requested resource"])
})
