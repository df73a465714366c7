import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { Namespace } from "../api/core/v1/namespace.ts"
import { ServiceAccount } from "../api/core/v1/service-account.ts"
import { createHttpsTransport } from "../client/https/https-transport.ts"
import { createClient } from "../client/typed-client.ts"
import { isForbidden, isUnauthorized } from "../machinery/status/predicates.ts"
import type { Pki } from "../pki/pki.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { createMemoryStore } from "../store/memory/memory-store.ts"
import type { Store } from "../store/store.ts"
import type { KubeApiServer } from "./kube-apiserver.ts"
import { startTestKubeApiServer, testPki } from "./testing/kube-apiserver.ts"

/** The whole server as stock kubectl and our own HTTPS client see it. */

const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-kube-apiserver-${process.pid}-`))
const kubeconfig = join(dir, "kubeconfig")
const hasKubectl = (await platform.processes.run("sh", ["-c", "command -v kubectl"])).code === 0
const skip = hasKubectl
  ? false
  : "kubectl is missing: apt-get install kubernetes-client, or see https://kubernetes.io/docs/tasks/tools/"

let store: Store
let pki: Pki
let server: KubeApiServer
before(async () => {
  store = createMemoryStore({ platform })
  pki = testPki(dir, platform)
  server = await startTestKubeApiServer({
    store,
    platform,
    pki,
  })
  await server.client.of(ServiceAccount).create({ metadata: { name: "default", namespace: "default" } })
  const inline = (text: string) => Buffer.from(text).toString("base64")
  const user = { "client-certificate-data": inline(pki.admin.cert), "client-key-data": inline(pki.admin.key) }
  const cluster = { server: `https://127.0.0.1:${server.port}`, "certificate-authority-data": inline(pki.ca.cert) }
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
})
after(async () => {
  await server.close(100)
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

async function run(args: readonly string[], input?: string) {
  const all = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(dir, "cache")}`, ...args]
  return platform.processes.run("kubectl", all, input === undefined ? {} : { input })
}
async function kubectl(line: string, input?: string): Promise<string> {
  const result = await run(line.split(" "), input)
  assert.equal(result.code, 0, `kubectl ${line}: ${result.stderr}`)
  return result.stdout
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: example/web:1
`

test("kubectl finds out what is served", { skip }, async () => {
  const resources = await kubectl("api-resources")
  assert.match(resources, /^pods +po +v1 +true +Pod$/m)
  assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m)
  assert.match(await kubectl("api-versions"), /^rbac\.authorization\.k8s\.io\/v1$/m)
  assert.match(await kubectl("version"), /Server Version: v1\.36\.0\+gantry-0\.0\.0/)
  const explained = await kubectl("explain deployment.spec.strategy")
  assert.match(explained, /GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: strategy <DeploymentStrategy>/)
  assert.match(explained, /rollingUpdate\t<RollingUpdateDeployment>/)
})

test("kubectl creates, changes, shows and deletes", { skip }, async () => {
  assert.equal(await kubectl("apply -f -", DEPLOYMENT), "deployment.apps/web created\n")
  assert.equal(await kubectl("apply -f -", DEPLOYMENT), "deployment.apps/web unchanged\n")
  const changed = DEPLOYMENT.replace("web:1", "web:2")
  assert.equal(await kubectl("apply -f -", changed), "deployment.apps/web configured\n")
  assert.match(await kubectl("get deployments"), /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/2 +0 +0 +/)
  assert.equal(await kubectl("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"), "example/web:2")
  await kubectl("scale deployment web --replicas=5")
  assert.equal(await kubectl("get deploy web -o jsonpath={.spec.replicas}"), "5")
  await kubectl("set image deployment/web web=example/web:3")
  await kubectl("label deployment web tier=front")
  assert.match(await kubectl("get deploy -l tier=front -o name"), /^deployment.apps\/web$/m)
  assert.match(await kubectl("describe deployment web"), /Image: +example\/web:3/)
  assert.equal(
    await kubectl("apply --server-side --force-conflicts -f -", DEPLOYMENT),
    "deployment.apps/web serverside-applied\n",
  )
  assert.match(await kubectl("diff -f -", await kubectl("get deploy web -o yaml")), /^$/)
  assert.equal(await kubectl("delete deployment web"), 'deployment.apps "web" deleted\n')
  assert.equal(
    (await run(["get", "deployment", "web"])).stderr,
    'Error from server (NotFound): deployments.apps "web" not found\n',
  )
})

test("kubectl is told what is wrong with a manifest", { skip }, async () => {
  const unknown = await run(["apply", "-f", "-"], DEPLOYMENT.replace("image:", "imagee:"))
  assert.match(unknown.stderr, /strict decoding error: unknown field "spec.template.spec.containers\[0\].imagee"/)
  const wrong = await run(
    ["apply", "-f", "-"],
    DEPLOYMENT.replace("app: web } }\n  template", "app: other } }\n  template"),
  )
  assert.match(wrong.stderr, /`selector` does not match template `labels`/)
})

test("kubectl asks who it is and what it may do", { skip }, async () => {
  assert.match(await kubectl("auth whoami"), /Username +test-admin/)
  assert.equal(await kubectl("auth can-i delete pods"), "yes\n")
  const other = "auth can-i list secrets --as=system:serviceaccount:default:default"
  assert.equal((await run(other.split(" "))).stdout, "no\n")
  assert.equal((await kubectl("create token default")).split(".").length, 3)
  const refused = await run(["get", "pods", "--as=eve"])
  assert.equal(
    refused.stderr,
    'Error from server (Forbidden): pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "default"\n',
  )
})

test("kubectl reads health and metrics", { skip }, async () => {
  assert.match(
    await kubectl("get --raw /readyz?verbose"),
    /^\[\+\]etcd ok\n\[\+\]poststarthook\/rbac\/bootstrap-roles ok$/m,
  )
  const metrics = await kubectl("get --raw /metrics")
  assert.match(metrics, /^apiserver_resource_objects\{group="",resource="namespaces"\} 4$/m)
  assert.match(
    metrics,
    /^kubernetes_build_info\{major="1",minor="36",git_version="v1\.36\.0\+gantry-0\.0\.0",platform="linux"\} 1$/m,
  )
})

test("a service account's token opens what its roles allow", async () => {
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token"
  const { status } = (await server.client.raw.post(path, { spec: {} })) as {
    readonly status: { readonly token: string }
  }
  const connect = (token: string) => {
    const url = `https://127.0.0.1:${server.port}`
    return createHttpsTransport({ server: url, ca: pki.ca.cert, token, platform, userAgent: "test" })
  }
  const transport = connect(status.token)
  const client = createClient(transport, { fieldManager: "test" })
  assert.equal(((await client.raw.get("/version")) as { readonly major: string }).major, "1")
  await assert.rejects(client.of(Namespace).list(), (error) => isForbidden(error))
  transport.close()
  const forged = connect(`${status.token.slice(0, -8)}AAAAAAAA`)
  await assert.rejects(forged.send({ method: "GET", path: "/api" }), (error) => isUnauthorized(error))
  forged.close()
})
