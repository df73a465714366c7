import assert from "node:assert/strict"
import { test } from "node:test"
import type { ApiCall } from "../call.ts"
import { parseRequestInfo } from "../request/request-info.ts"
import { connectOptions } from "./connect-options.ts"

const cases: readonly { readonly path: string; readonly object: object | undefined }[] = [
  {
    path: "/api/v1/namespaces/n/pods/p/exec?command=ls&command=-l&stdout=true&stderr=0&container=c",
    object: { kind: "PodExecOptions", apiVersion: "v1", stdout: true, container: "c", command: ["ls", "-l"] },
  },
  {
    path: "/api/v1/namespaces/n/pods/p/attach?stdin=1&tty=true&command=ls",
    object: { kind: "PodAttachOptions", apiVersion: "v1", stdin: true, tty: true },
  },
  {
    path: "/api/v1/namespaces/n/pods/p/portforward?ports=80,81",
    object: { kind: "PodPortForwardOptions", apiVersion: "v1", ports: [80, 81] },
  },
  {
    path: "/api/v1/namespaces/n/services/https:s:1/proxy/a/b",
    object: { kind: "ServiceProxyOptions", apiVersion: "v1", path: "/a/b" },
  },
  { path: "/api/v1/nodes/n/proxy/stats", object: { kind: "NodeProxyOptions", apiVersion: "v1", path: "/stats" } },
  { path: "/api/v1/namespaces/n/pods/p/log?container=c", object: undefined },
]
for (const { path, object } of cases) {
  test(`what admission sees of ${path}`, () => {
    const query = new URLSearchParams(path.split("?")[1] ?? "")
    const info = parseRequestInfo("GET", path.split("?")[0] ?? "", query)
    const options = connectOptions({ info, query } as ApiCall)
    assert.deepEqual(options?.object, object)
    assert.equal(options?.kind.kind, (object as { kind?: string } | undefined)?.kind)
  })
}
