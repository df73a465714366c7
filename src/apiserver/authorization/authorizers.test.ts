import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import { ResourceSlice } from "../../api/resource/v1/resource-slice.ts"
import { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { serviceAccountUser } from "../authentication/service-account-token.ts"
import type { Authorizer, UserInfo } from "../call.ts"
import { parseRequestInfo } from "../request/request-info.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { parseRule } from "./defaults/rule-text.ts"
import { createNodeAuthorizer } from "./node-authorizer.ts"
import { createRbacAuthorizer } from "./rbac-authorizer.ts"
import { createUnionAuthorizer, mastersAuthorizer } from "./union.ts"

const RBAC_KINDS = [Role, ClusterRole, RoleBinding, ClusterRoleBinding]
const RESOURCES = [Pod, PersistentVolume, VolumeAttachment, ResourceSlice, ...RBAC_KINDS]
let back: TestBack
let authorizer: Authorizer
before(async () => {
  back = await startTestBack({
    resources: RESOURCES,
    indexesOf: (resource) => (resource === Pod ? ["spec.nodeName"] : []),
  })
  const { reader } = back.server
  authorizer = createUnionAuthorizer([mastersAuthorizer, createNodeAuthorizer(reader), createRbacAuthorizer(reader)])
})
after(() => back.close())

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups, extra: new Map() })
async function ask(who: UserInfo, request: string) {
  const [method = "", target = ""] = request.split(" ")
  const url = new URL(target, "https://x")
  return authorizer.authorize(who, parseRequestInfo(method, url.pathname, url.searchParams))
}
const apiGroup = "rbac.authorization.k8s.io"

test("gives what roles and bindings give, at once when they change", async () => {
  const { client } = back
  const ann = user("ann", "team")
  assert.deepEqual(await ask(ann, "GET /api/v1/namespaces/a/secrets/s"), { allowed: false })
  const roleRef = { apiGroup, kind: "ClusterRole", name: "reader" }
  const subject = { kind: "Group", apiGroup, name: "team" }
  await client.of(RoleBinding).create({ metadata: { name: "b", namespace: "a" }, roleRef, subjects: [subject] })
  const denied = await ask(ann, "GET /api/v1/namespaces/a/secrets/s")
  assert.deepEqual(denied, {
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "reader" not found',
  })
  await client.of(ClusterRole).create({ metadata: { name: "reader" }, rules: [parseRule("get secrets in core")] })
  const allowed = await ask(ann, "GET /api/v1/namespaces/a/secrets/s")
  assert.deepEqual(allowed, {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/a" of ClusterRole "reader" to Group "team"',
  })
  assert.equal((await ask(ann, "GET /api/v1/namespaces/b/secrets/s")).allowed, false)
  assert.equal((await ask(ann, "GET /api/v1/secrets")).allowed, false)
  await client.of(RoleBinding).delete({ namespace: "a", name: "b" })
  assert.equal((await ask(ann, "GET /api/v1/namespaces/a/secrets/s")).allowed, false)
})

test("knows service accounts, roles of a namespace and roles made of others", async () => {
  const { client } = back
  const subjects = [{ kind: "ServiceAccount", name: "bot" }]
  await client.of(Role).create({ metadata: { name: "r", namespace: "x" }, rules: [parseRule("get pods in core")] })
  const roleRef = { apiGroup, kind: "Role", name: "r" }
  await client.of(RoleBinding).create({ metadata: { name: "r", namespace: "x" }, roleRef, subjects })
  assert.equal((await ask(serviceAccountUser("x", "bot"), "GET /api/v1/namespaces/x/pods/p")).allowed, true)
  assert.equal((await ask(serviceAccountUser("y", "bot"), "GET /api/v1/namespaces/x/pods/p")).allowed, false)
  const matchLabels = { part: "yes" }
  await client.of(ClusterRole).create({
    metadata: { name: "sum" },
    // As the controller of aggregated roles fills it in.
    rules: [parseRule("get urls /x")],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
  })
  const labels = matchLabels
  await client.of(ClusterRole).create({ metadata: { name: "part", labels }, rules: [parseRule("get urls /x")] })
  await client.of(ClusterRoleBinding).create({
    metadata: { name: "sum" },
    roleRef: { apiGroup, kind: "ClusterRole", name: "sum" },
    subjects: [{ kind: "User", apiGroup, name: "eve" }],
  })
  assert.deepEqual(await ask(user("eve"), "GET /x"), {
    allowed: true,
    reason: 'RBAC: allowed by ClusterRoleBinding "sum" of ClusterRole "sum" to User "eve"',
  })
})

test("lets the masters do everything", async () => {
  assert.equal((await ask(user("root", "system:masters"), "DELETE /api/v1/namespaces/a/secrets/s")).allowed, true)
})

test("lets a kubelet read what its pods use, and only that", async () => {
  const pod = (name: string, nodeName: string, uses: string, mirror = false) => ({
    metadata: {
      name,
      namespace: "a",
      ...(mirror && { annotations: { "kubernetes.io/config.mirror": "x" } }),
    },
    spec: {
      nodeName,
      serviceAccountName: `sa-${uses}`,
      imagePullSecrets: [{ name: `pull-${uses}` }],
      containers: [
        {
          name: "c",
          image: "i",
          env: [{ name: "E", valueFrom: { secretKeyRef: { name: `env-${uses}`, key: "k" } } }],
          envFrom: [{ configMapRef: { name: `from-${uses}` } }],
        },
      ],
      volumes: [
        { name: "v", secret: { secretName: `vol-${uses}` } },
        {
          name: "p",
          projected: { sources: [{ secret: { name: `pro-${uses}` } }, { configMap: { name: `cm-${uses}` } }] },
        },
        { name: "m", persistentVolumeClaim: { claimName: `pvc-${uses}` } },
      ],
    },
  })
  await back.client.of(Pod).create(pod("mine", "n1", "mine"))
  await back.client.of(Pod).create(pod("theirs", "n2", "theirs"))
  await back.client.of(Pod).create(pod("mirror", "n1", "wish", true))
  const claimRef = { namespace: "a", name: "pvc-mine" }
  const secretRef = { namespace: "s", name: "mount" }
  const csi = {
    driver: "d",
    volumeHandle: "h",
    nodeStageSecretRef: secretRef,
    controllerPublishSecretRef: { ...secretRef, name: "c" },
  }
  const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], csi }
  await back.client.of(PersistentVolume).create({ metadata: { name: "pv-mine" }, spec: { ...volume, claimRef } })
  await back.client.of(PersistentVolume).create({ metadata: { name: "pv-free" }, spec: volume })
  const source = { persistentVolumeName: "pv-mine" }
  for (const nodeName of ["n1", "n2"]) {
    await back.client
      .of(VolumeAttachment)
      .create({ metadata: { name: `va-${nodeName}` }, spec: { attacher: "d", nodeName, source } })
    const pool = { name: nodeName, generation: 1, resourceSliceCount: 1 }
    await back.client
      .of(ResourceSlice)
      .create({ metadata: { name: `slice-${nodeName}` }, spec: { driver: "d.example.com", nodeName, pool } })
  }
  const kubelet = user("system:node:n1", "system:nodes", "system:authenticated")
  const allowed = [
    "GET /api/v1/namespaces/s/secrets/mount",
    ...["pull", "env", "vol", "pro"].map((use) => `GET /api/v1/namespaces/a/secrets/${use}-mine`),
    "GET /api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Dvol-mine&watch=1",
    "GET /api/v1/namespaces/a/configmaps/from-mine",
    "GET /api/v1/namespaces/a/configmaps/cm-mine",
    "GET /api/v1/namespaces/a/persistentvolumeclaims/pvc-mine",
    "POST /api/v1/namespaces/a/serviceaccounts/sa-mine/token",
    "GET /api/v1/namespaces/a/pods/mine",
    "GET /api/v1/pods?fieldSelector=spec.nodeName%3Dn1&watch=true",
    "PATCH /api/v1/namespaces/a/pods/mine/status",
    "GET /api/v1/nodes/n1",
    "GET /api/v1/nodes?fieldSelector=metadata.name%3Dn1",
    "PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1",
    "GET /api/v1/persistentvolumes/pv-mine",
    "GET /apis/storage.k8s.io/v1/volumeattachments/va-n1",
    "POST /apis/resource.k8s.io/v1/resourceslices",
    "PUT /apis/resource.k8s.io/v1/resourceslices/slice-n1",
    "DELETE /apis/resource.k8s.io/v1/resourceslices?fieldSelector=spec.nodeName%3Dn1",
    "GET /api/v1/services",
    "POST /api/v1/namespaces/a/events",
  ]
  for (const request of allowed) assert.equal((await ask(kubelet, request)).allowed, true, request)
  const none = "no relationship found between node 'n1' and this object"
  const denied: readonly (readonly [string, string | undefined])[] = [
    ["GET /api/v1/namespaces/a/secrets/vol-theirs", none],
    ["GET /api/v1/namespaces/a/secrets/vol-wish", none],
    ["GET /api/v1/namespaces/b/secrets/vol-mine", none],
    ["GET /api/v1/secrets", "can only read namespaced object of this type"],
    ["GET /api/v1/namespaces/a/secrets", "No Object name found"],
    ["DELETE /api/v1/namespaces/a/secrets/vol-mine", "can only read resources of this type"],
    ["POST /api/v1/namespaces/a/serviceaccounts/sa-wish/token", none],
    ["GET /api/v1/namespaces/a/pods/theirs", none],
    ["GET /api/v1/pods", "can only list/watch pods with spec.nodeName field selector"],
    ["GET /api/v1/pods?fieldSelector=spec.nodeName%3Dn2", "can only list/watch pods with spec.nodeName field selector"],
    ["GET /api/v1/nodes/n2", "node 'n1' cannot read 'n2', only its own Node object"],
    [
      "PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2",
      "can only access node lease with the same name as the requesting node",
    ],
    ["GET /api/v1/namespaces/s/secrets/c", none],
    ["GET /api/v1/persistentvolumes/pv-free", none],
    ["GET /api/v1/persistentvolumes", "can only get individual resources of this type"],
    ["GET /apis/storage.k8s.io/v1/volumeattachments/va-n2", none],
    ["PUT /apis/resource.k8s.io/v1/resourceslices/slice-n2", none],
    [
      "GET /apis/resource.k8s.io/v1/resourceslices",
      "can only list/watch/deletecollection resourceslices with nodeName field selector",
    ],
    ["DELETE /api/v1/namespaces/a/services/s", undefined],
  ]
  for (const [request, reason] of denied) {
    assert.deepEqual(await ask(kubelet, request), { allowed: false, ...(reason && { reason }) }, request)
  }
  assert.equal((await ask(user("system:node:n1"), "GET /api/v1/nodes/n1")).allowed, false)
})
