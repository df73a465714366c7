import assert from "node:assert/strict"
import { test } from "node:test"
import { parseRequestInfo } from "./request-info.ts"

const cases: readonly (readonly [request: string, meaning: string])[] = [
  ["GET /api/v1/namespaces", "list|||namespaces||"],
  ["GET /api/v1/namespaces/other", "get||other|namespaces||other"],
  ["PUT /api/v1/namespaces/other/finalize", "update||other|namespaces|finalize|other"],
  ["GET /api/v1/namespaces/other/pods", "list||other|pods||"],
  ["GET /api/v1/namespaces/other/pods?watch=true", "watch||other|pods||"],
  ["GET /api/v1/namespaces/other/pods?watch=false", "list||other|pods||"],
  ["GET /api/v1/namespaces/other/pods?watch=1&fieldSelector=metadata.name%3Dfoo", "watch||other|pods||foo"],
  ["GET /api/v1/namespaces/other/pods/foo", "get||other|pods||foo"],
  ["HEAD /api/v1/namespaces/other/pods/foo", "get||other|pods||foo"],
  ["POST /api/v1/namespaces/other/pods", "create||other|pods||"],
  ["DELETE /api/v1/namespaces/other/pods", "deletecollection||other|pods||"],
  ["DELETE /api/v1/namespaces/other/pods/foo", "delete||other|pods||foo"],
  ["GET /api/v1/watch/pods", "watch|||pods||"],
  ["GET /api/v1/watch/namespaces/other/pods/foo", "watch||other|pods||foo"],
  ["GET /api/v1/proxy/namespaces/other/pods/foo/a/b", "proxy||other|pods||foo"],
  ["GET /apis/apps/v1/namespaces/other/deployments/web/scale", "get|apps|other|deployments|scale|web"],
  ["PATCH /apis/apps/v1/namespaces/o/deployments/web", "patch|apps|o|deployments||web"],
  ["GET /api/v1/nodes/n1/proxy/metrics/", "get|||nodes|proxy|n1"],
  ["GET /api/v1", "get path"],
  ["GET /apis/apps/v1", "get path"],
  ["GET /healthz/ping", "get path"],
  ["POST /", "post path"],
]

test("tells what a request means", () => {
  for (const [request, meaning] of cases) {
    const [method = "", target = ""] = request.split(" ")
    const [path = "", query = ""] = target.split("?")
    const info = parseRequestInfo(method, path, new URLSearchParams(query))
    const found = info.isResource
      ? [info.verb, info.group, info.namespace, info.resource, info.subresource, info.name].join("|")
      : `${info.verb} path`
    assert.equal(found, meaning, request)
  }
})

test("keeps what follows a subresource, with its last slash", () => {
  const none = new URLSearchParams()
  assert.equal(parseRequestInfo("GET", "/api/v1/nodes/n1/proxy/metrics/cadvisor/", none).rest, "/metrics/cadvisor/")
  assert.equal(parseRequestInfo("GET", "/api/v1/nodes/n1/proxy", none).rest, "")
})

test("refuses paths that cannot be read", () => {
  assert.throws(() => parseRequestInfo("GET", "/api/v1/%zz/pods", new URLSearchParams()), /percent-encoding/)
  assert.throws(() => parseRequestInfo("GET", "/api/v1/watch", new URLSearchParams()), /unable to determine kind/)
})
