import assert from "node:assert/strict"
import { test } from "node:test"
import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import { parseRequestInfo } from "../request/request-info.ts"
import { parseRule } from "./defaults/rule-text.ts"
import { formatRule, ruleAllows, uncovered } from "./rules.ts"

const cases: readonly { readonly rule: string; readonly yes: readonly string[]; readonly no: readonly string[] }[] = [
  {
    rule: "get,list pods in core",
    yes: ["GET /api/v1/namespaces/a/pods/b", "GET /api/v1/pods"],
    no: [
      "GET /api/v1/namespaces/a/pods/b/log",
      "DELETE /api/v1/namespaces/a/pods/b",
      "GET /api/v1/pods?watch=1",
      "GET /apis/apps/v1/pods",
      "GET /healthz",
    ],
  },
  {
    rule: "get pods/log,*/scale in core,apps",
    yes: ["GET /api/v1/namespaces/a/pods/b/log", "GET /apis/apps/v1/namespaces/a/deployments/b/scale"],
    no: ["GET /api/v1/namespaces/a/pods/b", "GET /apis/apps/v1/namespaces/a/deployments/b/status"],
  },
  {
    rule: "update,create configmaps in core named lock",
    yes: ["PUT /api/v1/namespaces/a/configmaps/lock"],
    no: ["PUT /api/v1/namespaces/a/configmaps/other", "POST /api/v1/namespaces/a/configmaps"],
  },
  {
    rule: "* * in *",
    yes: ["DELETE /apis/x.y/v1/widgets", "GET /api/v1/namespaces/a/pods/b/log"],
    no: ["GET /metrics"],
  },
  {
    rule: "get urls /healthz,/livez/*,/api*",
    yes: ["GET /healthz", "GET /livez/etcd", "GET /livez/", "GET /apis/apps"],
    no: ["POST /healthz", "GET /healthz/x", "GET /livez", "GET /version", "GET /api/v1/pods"],
  },
]

test("allows exactly what a rule says", () => {
  for (const { rule, yes, no } of cases) {
    const allows = (request: string) => {
      const [method = "", target = ""] = request.split(" ")
      const url = new URL(target, "https://x")
      return ruleAllows(parseRule(rule), parseRequestInfo(method, url.pathname, url.searchParams))
    }
    assert.deepEqual(yes.filter(allows), yes, rule)
    assert.deepEqual(no.filter(allows), [], rule)
  }
})

const coverage = [
  { owned: ["get,list pods in core"], wanted: ["get pods in core"], missing: [] },
  { owned: ["get pods in core", "list pods in core"], wanted: ["get,list pods in core"], missing: [] },
  {
    owned: ["get pods in core"],
    wanted: ["get,list pods,pods/log in core"],
    missing: ["get pods/log in core", "list pods in core", "list pods/log in core"],
  },
  { owned: ["* * in *"], wanted: ["get pods/log in core named a"], missing: [] },
  { owned: ["* */scale in apps"], wanted: ["get deployments/scale in apps"], missing: [] },
  { owned: ["get pods in core"], wanted: ["* pods in core"], missing: ["* pods in core"] },
  { owned: ["get pods in core named a"], wanted: ["get pods in core"], missing: ["get pods in core"] },
  {
    owned: ["get pods in core named a"],
    wanted: ["get pods in core named a,b"],
    missing: ["get pods in core named b"],
  },
  { owned: ["get urls /livez/*"], wanted: ["get urls /livez/a,/x"], missing: ["get urls /x"] },
  { owned: ["* * in *"], wanted: ["get urls /x"], missing: ["get urls /x"] },
]

test("finds what one set of rules lacks of another", () => {
  for (const { owned, wanted, missing } of coverage) {
    assert.deepEqual(uncovered(owned.map(parseRule), wanted.map(parseRule)), missing.map(parseRule), wanted.join())
  }
})

test("shows rules as refusals do", () => {
  const rule: PolicyRule = parseRule("get,list pods in core named a")
  assert.equal(formatRule(rule), '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}')
})
