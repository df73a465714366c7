import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Ingress } from "../../api/networking/v1/ingress.ts"
import { IngressClass } from "../../api/networking/v1/ingress-class.ts"
import { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { createClient } from "../../client/typed-client.ts"
import { EC_REQUEST, MASTERS_REQUEST } from "../../machinery/certificates/testing.ts"
import type { Authorizer } from "../call.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { standardAdmission } from "./standard.ts"

/** Signers may be used by their own users only, everything else by everybody. */
const signersOwn: Authorizer = {
  authorize: ({ name }, info) => ({
    allowed: info.resource !== "signers" || `${info.verb} ${info.name}` === `${name} example.com/*`,
  }),
}

let back: TestBack
before(async () => {
  back = await startTestBack({
    resources: builtinResources,
    admission: (reader, platform) => standardAdmission(reader, platform, () => signersOwn),
  })
  await back.client.of(Namespace).create({ metadata: { name: "default" } })
})
after(() => back.close())

const namespace = "default"
const claims = () => back.client.of(PersistentVolumeClaim)
const wanted = (storage: string) => ({
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage } },
})
const marked = { "storageclass.kubernetes.io/is-default-class": "true" }

test("a claim gets the newest default class, and keeps one of its own", async () => {
  const classes = back.client.of(StorageClass)
  const claim = (name: string, more: object = {}) =>
    claims().create({ metadata: { name, namespace }, spec: { ...wanted("1Gi"), ...more } })
  assert.equal((await claim("early")).spec.storageClassName, undefined)
  await classes.create({ metadata: { name: "old", annotations: marked }, provisioner: "p" })
  await back.platform.advance(1000)
  await classes.create({ metadata: { name: "new", annotations: marked }, provisioner: "p", allowVolumeExpansion: true })
  await classes.create({ metadata: { name: "plain" }, provisioner: "p" })
  assert.equal((await claim("late")).spec.storageClassName, "new")
  assert.equal((await claim("classless", { storageClassName: "" })).spec.storageClassName, "")
})

test("an ingress gets the default class", async () => {
  const defaultBackend = { service: { name: "web", port: { number: 80 } } }
  const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" }
  await back.client.of(IngressClass).create({ metadata: { name: "c", annotations }, spec: { controller: "a.b/c" } })
  const ingress = await back.client.of(Ingress).create({ metadata: { name: "i", namespace }, spec: { defaultBackend } })
  assert.equal(ingress.spec.ingressClassName, "c")
})

test("storage that is in use stays until its controllers let go", async () => {
  const volume = await back.client.of(PersistentVolume).create({
    metadata: { name: "pv" },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
  })
  assert.deepEqual(volume.metadata.finalizers, ["kubernetes.io/pv-protection"])
  assert.deepEqual([volume.status.phase, volume.status.lastPhaseTransitionTime], ["Pending", "2026-01-01T00:00:01Z"])
  const claim = await claims().create({ metadata: { name: "kept", namespace }, spec: wanted("1Gi") })
  assert.deepEqual(claim.metadata.finalizers, ["kubernetes.io/pvc-protection"])
  await claims().delete({ name: "kept", namespace })
  const ending = await claims().get({ name: "kept", namespace })
  assert.notEqual(ending.metadata.deletionTimestamp, undefined)
})

test("claims grow only where their class lets them", async () => {
  const grow = async (name: string, storageClassName: string) => {
    const metadata = { name, namespace }
    const created = await claims().create({ metadata, spec: { ...wanted("1Gi"), storageClassName } })
    const bound = await claims().updateStatus({ ...created, status: { phase: "Bound" } })
    return claims().update({ ...bound, spec: { ...bound.spec, ...wanted("2Gi") } })
  }
  assert.equal((await grow("large", "new")).spec.resources.requests?.["storage"], "2Gi")
  await assert.rejects(grow("small", "plain"), {
    message:
      'persistentvolumeclaims "small" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  })
})

const base64 = (text: string) => Buffer.from(text).toString("base64")
const requests = () => back.client.of(CertificateSigningRequest)
const as = (name: string) => createClient(back.as({ name }), { fieldManager: "t" }).of(CertificateSigningRequest)
const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
const send = (name: string, subpath: string, body: object) =>
  back.as({ name }).send({ method: "PUT", path: `${path}/${subpath}`, body })

test("a request is approved and signed by those who may", async () => {
  const spec = { request: base64(EC_REQUEST), signerName: "example.com/a", usages: ["client auth"] }
  const created = await requests().create({ metadata: { name: "r" }, spec })
  assert.deepEqual([created.spec.username, created.spec.groups], ["tester", ["system:authenticated"]])
  const condition = { type: "Approved", status: "True", reason: "ok" }
  const approved = { ...created, status: { conditions: [condition] } }
  await assert.rejects(send("tester", "r/approval", approved), {
    message:
      'certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "example.com/a"',
  })
  await send("approve", "r/approval", { ...approved, spec: { ...spec, signerName: "other.com/b" } })
  const after = await requests().get({ name: "r" })
  assert.equal(after.spec.signerName, "example.com/a")
  assert.deepEqual(after.status.conditions, [
    { ...condition, lastUpdateTime: "2026-01-01T00:00:01Z", lastTransitionTime: "2026-01-01T00:00:01Z" },
  ])
  const denied = {
    ...after,
    status: { conditions: [...(after.status.conditions ?? []), { type: "Denied", status: "True" }] },
  }
  await assert.rejects(send("approve", "r/approval", denied), /Approved and Denied conditions are mutually exclusive/)
  const failed = {
    ...after,
    status: { conditions: [...(after.status.conditions ?? []), { type: "Failed", status: "True" }] },
  }
  await assert.rejects(as("approve").updateStatus(failed), /user not permitted to sign requests with signerName/)
  assert.equal((await as("sign").updateStatus(failed)).status.conditions?.length, 2)
})

test("nobody asks to become a master", async () => {
  const spec = { request: base64(MASTERS_REQUEST), usages: ["client auth"] }
  const ask = (signerName: string) => requests().create({ metadata: { name: "m" }, spec: { ...spec, signerName } })
  await assert.rejects(ask("kubernetes.io/kube-apiserver-client"), {
    message:
      'certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  })
  assert.equal((await ask("example.com/a")).metadata.name, "m")
})

test("access to devices beside their users is for labelled namespaces", async () => {
  const exactly = { deviceClassName: "gpu", adminAccess: true }
  const ask = (space: string) =>
    back.client.of(ResourceClaim).create({
      metadata: { name: "c", namespace: space },
      spec: { devices: { requests: [{ name: "r", exactly }] } },
    })
  await assert.rejects(ask(namespace), {
    message:
      'ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
  })
  const labels = { "resource.kubernetes.io/admin-access": "true" }
  await back.client.of(Namespace).create({ metadata: { name: "admins", labels } })
  assert.equal((await ask("admins")).spec.devices.requests[0]?.exactly?.count, 1)
})
