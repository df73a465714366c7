import type { InputOf, TypeOf } from "../../machinery/schema/schema.ts"
import type { ImageSpec, Mount } from "../container.ts"
import type * as containers from "./container-messages.ts"
import { numberOf, PROPAGATIONS } from "./enums.ts"

/** Mounts and names of images, as CRI says them and as the port does. */

export function imageSpecMessage({ image, runtimeHandler, userSpecifiedImage }: ImageSpec) {
  return { image, userSpecifiedImage, ...(runtimeHandler !== undefined && { runtimeHandler }) }
}

export function imageSpecOf(message: TypeOf<typeof containers.ImageSpec> = {}): ImageSpec {
  const { image = "", runtimeHandler = "", userSpecifiedImage = "" } = message
  return { image, userSpecifiedImage: userSpecifiedImage || image, ...(runtimeHandler !== "" && { runtimeHandler }) }
}

export function mountMessage(mount: Mount): InputOf<typeof containers.Mount> {
  const { containerPath, hostPath, image, imageSubPath, propagation, readonly, recursiveReadOnly, selinuxRelabel } =
    mount
  return {
    containerPath,
    hostPath,
    readonly,
    propagation: numberOf(PROPAGATIONS, propagation),
    ...(selinuxRelabel && { selinuxRelabel }),
    ...(recursiveReadOnly && { recursiveReadOnly }),
    ...(image && { image: imageSpecMessage(image) }),
    ...(imageSubPath !== undefined && { imageSubPath }),
  }
}

export function mountOf(message: TypeOf<typeof containers.Mount>): Mount {
  const { containerPath = "", hostPath = "", image, imageSubPath = "", propagation = 0, readonly = false } = message
  return {
    containerPath,
    hostPath,
    readonly,
    selinuxRelabel: message.selinuxRelabel ?? false,
    propagation: PROPAGATIONS[propagation] ?? "PRIVATE",
    ...(message.recursiveReadOnly && { recursiveReadOnly: true }),
    ...(image && { image: imageSpecOf(image) }),
    ...(imageSubPath !== "" && { imageSubPath }),
  }
}
