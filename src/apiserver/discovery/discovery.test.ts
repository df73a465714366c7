import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import type { ClientHttp2Session } from "node:http2"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { builtinResources, subresourceKinds } from "../../api/all.ts"
import { realClock } from "../../platform/node/clock.ts"
import { createOpenApi } from "../openapi/openapi.ts"
import { compareVersions } from "../served/groups.ts"
import { ServedResources } from "../served/served-resources.ts"
import { openSession, sendH2, startTestServer, type TestServer } from "../testing.ts"
import { createDiscovery } from "./discovery.ts"
import { createVersionHandler } from "./version.ts"

const facts = join(import.meta.dirname, "../../../../shared/kubernetes-1.36/discovery")
const skip = existsSync(facts) ? false : "the reference data of Kubernetes 1.36 is not on this machine"
const read = (file: string) => JSON.parse(readFileSync(join(facts, file), "utf8"))

let server: TestServer
let session: ClientHttp2Session
before(async () => {
  const served = new ServedResources(builtinResources)
  server = await startTestServer(async () => ({ type: "value", code: 200, value: {} }), {
    paths: new Map([
      ...createDiscovery({ served, serverAddress: () => "192.0.2.1:6443" }),
      ...createOpenApi({ served, subresourceKinds, gitVersion: "v1.36.0+gantry-1.2.3", clock: realClock }),
      ["/version", createVersionHandler({ kubernetes: "v1.36.0", program: "1.2.3" })],
    ]),
  })
  session = openSession(server)
})
after(async () => {
  session.close()
  await server.close()
})
const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => sendH2(session, { path, headers })
const json = async (path: string, headers?: Readonly<Record<string, string>>) =>
  JSON.parse((await get(path, headers)).body)

interface Listed {
  readonly name: string
}

test("lists each resource as Kubernetes does", { skip }, async () => {
  for (const { groupVersion, root } of new Set(builtinResources).values().map((resource) => ({
    groupVersion: resource.apiVersion,
    root: resource.group === "" ? "api" : "apis",
  }))) {
    const ours = await json(`/${root}/${groupVersion}`)
    const theirs = read(`${root}__${groupVersion.replace("/", "__")}.json`)
    assert.deepEqual({ ...ours, resources: [] }, { ...theirs, resources: [] }, groupVersion)
    const theirsByName = new Map((theirs.resources as Listed[]).map((resource) => [resource.name, resource]))
    for (const resource of ours.resources as Listed[]) assert.deepEqual(resource, theirsByName.get(resource.name))
  }
})

test("prefers groups in Kubernetes' order", { skip }, async () => {
  const ours = (await json("/apis")).groups as Listed[]
  const names = ours.map(({ name }) => name)
  const theirs = (read("apis.json").groups as Listed[]).map(({ name }) => name)
  assert.deepEqual(
    names,
    theirs.filter((name) => names.includes(name)),
  )
  assert.deepEqual(await json("/apis/apps"), read("apis__apps.json"))
  assert.deepEqual(await json("/api"), {
    ...read("api.json"),
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "192.0.2.1:6443" }],
  })
})

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

test("tells everything at once, and nothing to whom knows it", async () => {
  const accept = `${AGGREGATED},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`
  const answer = await get("/apis", { accept })
  assert.equal(answer.headers["content-type"], AGGREGATED)
  const document = JSON.parse(answer.body)
  assert.equal(document.apiVersion, "apidiscovery.k8s.io/v2")
  const etag = String(answer.headers["etag"])
  assert.match(etag, /^"[0-9A-F]{128}"$/)
  const again = await get("/apis", { accept, "if-none-match": etag })
  assert.equal(again.code, 304)
  assert.equal(again.body, "")
  assert.equal((await json("/api", { accept })).items[0].versions[0].version, "v1")
  const beta = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
  assert.equal((await json("/apis", { accept: beta })).apiVersion, "apidiscovery.k8s.io/v2beta1")
})

interface Discovered {
  readonly metadata: Listed
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly { readonly resource: string }[]
  }[]
}

test("the whole document holds what Kubernetes' does about the same resources", { skip }, async () => {
  const ours = (await json("/apis", { accept: AGGREGATED })).items as Discovered[]
  const theirs = read("aggregated_v2.json").items as Discovered[]
  for (const group of ours) {
    const other = theirs.find(({ metadata }) => metadata.name === group.metadata.name)
    for (const { version, resources } of group.versions) {
      const known = other?.versions.find((one) => one.version === version)?.resources ?? []
      for (const resource of resources) {
        assert.deepEqual(
          resource,
          known.find((one) => one.resource === resource.resource),
        )
      }
    }
  }
})

test("answers for what does not exist, and for what may not be done", async () => {
  for (const path of ["/apis/nothing", "/openapi/v3/apis/nothing"]) {
    assert.deepEqual([(await get(path)).code, (await get(path)).body], [404, "404 page not found\n"], path)
  }
  for (const path of ["/apis/apps/v9", "/api/v2"]) {
    const { code, body } = await get(path)
    const { message } = JSON.parse(body)
    assert.deepEqual([code, message], [404, "the server could not find the requested resource"], path)
  }
  for (const path of ["/api", "/api/v1", "/apis/apps/v1", "/version"]) {
    assert.equal((await sendH2(session, { method: "HEAD", path })).code, 405, path)
    const { code, body } = await sendH2(session, { method: "POST", path, body: "{}" })
    assert.deepEqual([code, JSON.parse(body).reason], [405, "MethodNotAllowed"], path)
  }
  // As in Kubernetes, these do not mind.
  for (const path of ["/apis", "/apis/apps", "/openapi/v3"]) {
    assert.equal((await sendH2(session, { method: "HEAD", path })).code, 200, path)
  }
})

test("tells its version", async () => {
  const version = await json("/version")
  assert.deepEqual([version.major, version.minor, version.gitVersion], ["1", "36", "v1.36.0+gantry-1.2.3"])
  assert.match(version.platform, /^linux\/(amd64|arm64)$/)
  const accept = "application/vnd.kubernetes.protobuf, */*"
  for (const path of ["/version", "/version/"]) {
    const answer = await sendH2(session, { method: "GET", path, headers: { accept } })
    assert.deepEqual([answer.code, answer.headers["content-type"]], [200, "application/json"], path)
    assert.deepEqual(JSON.parse(answer.body), version)
  }
  const only = { accept: "application/vnd.kubernetes.protobuf" }
  assert.equal((await sendH2(session, { method: "GET", path: "/version", headers: only })).code, 406)
})

test("serves the schema of each group under an address that changes with it", async () => {
  const { paths } = await json("/openapi/v3")
  const url: string = paths["apis/apps/v1"].serverRelativeURL
  assert.match(url, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/)
  const answer = await get(url)
  assert.equal(answer.headers["cache-control"], "public, immutable")
  assert.ok("io.k8s.api.apps.v1.Deployment" in JSON.parse(answer.body).components.schemas)
  const stale = await get("/openapi/v3/apis/apps/v1?hash=00")
  assert.deepEqual([stale.code, stale.headers["location"]], [301, url])
  assert.equal((await get("/openapi/v3/apis/apps/v1")).headers["cache-control"], "no-cache, private")
  assert.ok("/apis/apps/v1/namespaces/{namespace}/deployments" in (await json("/openapi/v2")).paths)
})

test("orders versions by stability, then by number", () => {
  const versions = ["foo1", "v1alpha1", "v1", "v2beta1", "v10", "v2", "v1beta2", "foo10", "v11alpha2"]
  assert.deepEqual(versions.toSorted(compareVersions), [
    "v10",
    "v2",
    "v1",
    "v2beta1",
    "v1beta2",
    "v11alpha2",
    "v1alpha1",
    "foo1",
    "foo10",
  ])
})
