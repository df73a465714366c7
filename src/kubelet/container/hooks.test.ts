import assert from "node:assert/strict"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { ContainerId } from "../../runtime/runtime.ts"
import { findContainer } from "../pod/containers.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { runHook } from "./hooks.ts"

test("an HTTP hook has run when the server answers, whatever it says", async () => {
  const { clock } = createNodePlatform({ logLevel: "error" })
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization)
    response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const pod = podOf({ containers: [containerOf("c")] })
  const container = findContainer(pod, "c")
  assert.ok(container)
  const said: string[] = []
  const environment = {
    platform: { clock },
    runtime: { execSync: () => Promise.reject(new Error("not asked for")) },
    events: { record: (_: unknown, type: string, reason: string, message: string) => said.push(type, reason, message) },
  }
  const run = (httpGet: object) =>
    runHook(
      environment,
      { pod, container, id: "x" as ContainerId, podIp: "127.0.0.1" },
      { httpGet: { port, path: "/h", ...httpGet } } as never,
      new AbortController().signal,
    )
  await run({})
  assert.deepEqual(said, [])
  await run({ scheme: "HTTPS", httpHeaders: [{ name: "Authorization", value: "secret" }] })
  const text = `request to HTTPS lifecycle hook 127.0.0.1:${port} got HTTP response, retry with HTTP succeeded`
  assert.deepEqual(said, ["Warning", "LifecycleHTTPFallback", text])
  assert.deepEqual(asked, [undefined, undefined])
  server.close()
  const refused = `Get "http://127.0.0.1:${port}/h": dial tcp 127.0.0.1:${port}: connect: connection refused`
  await assert.rejects(run({}), {
    message: `HTTP lifecycle hook (/h) for Container "c" in Pod "p_default(u)" failed - error: ${refused}`,
  })
})
