import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { after, before, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import { isConflict, isInvalid, isNotFound, isUnauthorized } from "../../machinery/status/predicates.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import type { TokenAuthenticator } from "../authentication/authenticator.ts"
import { createTokenAuthority, type TokenAuthority } from "../authentication/service-account-token.ts"
import { createNodeAuthorizer } from "../authorization/node-authorizer.ts"
import { createRbacAuthorizer } from "../authorization/rbac-authorizer.ts"
import { createUnionAuthorizer, mastersAuthorizer } from "../authorization/union.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { createReviews } from "./reviews.ts"
import { createTokenLookup } from "./token-lookup.ts"

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
const signingKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const ISSUER = "https://issuer.test"

const platform = createSimPlatform({ seed: 1 })
const tokenOfZoe: TokenAuthenticator = (token) =>
  token === "zoes" ? { name: "zoe", groups: ["system:authenticated"], extra: new Map() } : undefined
let back: TestBack
let authority: TokenAuthority
before(async () => {
  back = await startTestBack({
    platform,
    store: createMemoryStore({ platform }),
    resources: builtinResources,
    virtual: (reader, admission) => {
      authority = createTokenAuthority({ signingKey, issuer: ISSUER, lookup: createTokenLookup(reader), platform })
      const rbac = createRbacAuthorizer(reader)
      const authorizer = createUnionAuthorizer([mastersAuthorizer, createNodeAuthorizer(reader), rbac])
      return createReviews({
        authorizer,
        rbac,
        authorizerTypes: () => ["Node", "RBAC"],
        authority,
        tokens: [tokenOfZoe],
        reader,
        admission,
        clock: platform.clock,
      })
    },
  })
})
after(() => back.close())

interface Reviewed {
  readonly metadata: object
  readonly status: { readonly [member: string]: unknown }
}
const post = (path: string, body: object, user = back.transport) =>
  user.send({ method: "POST", path, body }) as Promise<Reviewed>
const authentication = "/apis/authentication.k8s.io/v1"
const authorization = "/apis/authorization.k8s.io/v1"

test("says who asks", async () => {
  const extra = new Map([["key", ["a", "b"]]])
  const { status } = await post(`${authentication}/selfsubjectreviews`, {}, back.as({ name: "ann", uid: "7", extra }))
  const userInfo = { username: "ann", uid: "7", groups: ["system:authenticated"], extra: { key: ["a", "b"] } }
  assert.deepEqual(JSON.parse(JSON.stringify(status)), { userInfo })
})

test("knows tokens that others know, which are for this server alone", async () => {
  const review = async (spec: object) => {
    const { status } = await post(`${authentication}/tokenreviews`, { spec })
    return JSON.parse(JSON.stringify(status)) as unknown
  }
  const user = { username: "zoe", groups: ["system:authenticated"] }
  assert.deepEqual(await review({ token: "zoes" }), { authenticated: true, user, audiences: [ISSUER] })
  const audiences = ["other", ISSUER]
  assert.deepEqual(await review({ token: "zoes", audiences }), { authenticated: true, user, audiences: [ISSUER] })
  const refused = { user: {}, error: "invalid bearer token" }
  assert.deepEqual(await review({ token: "zoes", audiences: ["other"] }), refused)
  assert.deepEqual(await review({ token: "nobodys" }), refused)
})

test("makes tokens that work until their account, pod or time is gone", async () => {
  const { client } = back
  await client.of(ServiceAccount).create({ metadata: { name: "bot", namespace: "a" } })
  await client.of(Node).create({ metadata: { name: "n1" } })
  const pod = await client.of(Pod).create({
    metadata: { name: "p", namespace: "a" },
    spec: { serviceAccountName: "bot", nodeName: "n1", containers: [{ name: "c", image: "i" }] },
  })
  const path = "/api/v1/namespaces/a/serviceaccounts/bot/token"
  const token = async (spec: object) => String((await post(path, { spec })).status["token"])
  const plain = await token({})
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "p", uid: pod.metadata.uid }
  const bound = await token({ boundObjectRef, expirationSeconds: 3607 })
  const user = await authority.authenticate(bound)
  assert.equal(user?.name, "system:serviceaccount:a:bot")
  assert.deepEqual(user?.extra.get("authentication.kubernetes.io/pod-name"), ["p"])
  assert.deepEqual(user?.extra.get("authentication.kubernetes.io/node-name"), ["n1"])
  const elsewhere = await token({ audiences: ["vault"] })
  assert.throws(
    () => authority.authenticate(elsewhere),
    (error) => isUnauthorized(error),
  )

  const review = (spec: object) => post(`${authentication}/tokenreviews`, { spec })
  const good = await review({ token: elsewhere, audiences: ["vault", "other"] })
  assert.equal(good.status["authenticated"], true)
  assert.deepEqual(good.status["audiences"], ["vault"])
  assert.deepEqual((await review({ token: plain, audiences: ["vault"] })).status, {
    user: {},
    error: "invalid bearer token",
  })

  await client.of(Pod).delete({ namespace: "a", name: "p" }, { gracePeriodSeconds: 0 })
  assert.throws(
    () => authority.authenticate(bound),
    (error) => isUnauthorized(error),
  )
  assert.ok(authority.authenticate(plain))
  await platform.clock.advance(3600_000)
  assert.throws(
    () => authority.authenticate(plain),
    (error) => isUnauthorized(error),
  )
})

test("refuses tokens that make no sense", async () => {
  const { client } = back
  await client.of(ServiceAccount).create({ metadata: { name: "other", namespace: "a" } })
  await client.of(Pod).create({
    metadata: { name: "q", namespace: "a" },
    spec: { serviceAccountName: "bot", containers: [{ name: "c", image: "i" }] },
  })
  const ask = (spec: object, metadata = {}) =>
    post("/api/v1/namespaces/a/serviceaccounts/other/token", { spec, metadata })
  await assert.rejects(post("/api/v1/namespaces/a/serviceaccounts/nobody/token", { spec: {} }), (error) =>
    isNotFound(error),
  )
  await assert.rejects(ask({ expirationSeconds: 5 }), /may not specify a duration less than 10 minutes/)
  const pod = { apiVersion: "v1", kind: "Pod", name: "q" }
  await assert.rejects(ask({ boundObjectRef: pod }), {
    message: 'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
  })
  const node = { apiVersion: "v1", kind: "Node", name: "n1", uid: "wrong" }
  await assert.rejects(ask({ boundObjectRef: node }), (error) => isConflict(error))
  const strange = { apiVersion: "apps/v1", kind: "Deployment", name: "d" }
  await assert.rejects(ask({ boundObjectRef: strange }), {
    message: "cannot bind token to object of type apps/v1, Kind=Deployment",
  })
  await assert.rejects(ask({}, { name: "bot" }), (error) => isInvalid(error))
})

test("says what somebody may do", async () => {
  const { client } = back
  const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]
  await client.of(ClusterRole).create({ metadata: { name: "reader" }, rules })
  await client.of(RoleBinding).create({
    metadata: { name: "r", namespace: "a" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "eve" }],
  })
  const resourceAttributes = { namespace: "a", verb: "get", resource: "pods", name: "p" }
  const spec = { user: "eve", resourceAttributes }
  const reason = 'RBAC: allowed by RoleBinding "r/a" of ClusterRole "reader" to User "eve"'
  const answer = await post(`${authorization}/subjectaccessreviews`, { spec })
  assert.deepEqual(answer.status, { allowed: true, reason })
  const local = `${authorization}/namespaces/a/localsubjectaccessreviews`
  const there = await post(local, { metadata: { namespace: "a" }, spec })
  assert.equal(there.status["allowed"], true)
  await assert.rejects(
    post(local, { metadata: { namespace: "a" }, spec: { ...spec, resourceAttributes: { namespace: "b" } } }),
    /spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace/,
  )
  const eve = back.as({ name: "eve" })
  const self = { spec: { resourceAttributes: { ...resourceAttributes, verb: "delete" } } }
  assert.deepEqual((await post(`${authorization}/selfsubjectaccessreviews`, self, eve)).status, { allowed: false })
  const { status } = await post(`${authorization}/selfsubjectrulesreviews`, { spec: { namespace: "a" } }, eve)
  assert.deepEqual(status, { resourceRules: rules, nonResourceRules: [], incomplete: false })
  await assert.rejects(
    post(`${authorization}/subjectaccessreviews`, { spec: {} }),
    /spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified/,
  )
})
