import { bool, Int64Value, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"
import { ImageSpec } from "./container-messages.ts"
import { PodSandboxConfig } from "./sandbox-config.ts"
import { FilesystemUsage } from "./stats-messages.ts"

/** Messages of CRI v1 about images and the file systems that they are on. https://github.com/kubernetes/cri-api */

export const ImageFilter = message("runtime.v1.ImageFilter", {
  image: nested(1, ImageSpec),
})

export const ListImagesRequest = message("runtime.v1.ListImagesRequest", {
  filter: nested(1, ImageFilter),
})

export const Image = message("runtime.v1.Image", {
  id: text(1),
  repoTags: repeated(2, "string"),
  repoDigests: repeated(3, "string"),
  size: int64(4),
  uid: nested(5, Int64Value),
  username: text(6),
  spec: nested(7, ImageSpec),
  pinned: bool(8),
})

export const ListImagesResponse = message("runtime.v1.ListImagesResponse", {
  images: repeated(1, Image),
})

export const StreamImagesRequest = message("runtime.v1.StreamImagesRequest", {
  filter: nested(1, ImageFilter),
})

export const StreamImagesResponse = message("runtime.v1.StreamImagesResponse", {
  images: repeated(1, Image),
})

export const ImageStatusRequest = message("runtime.v1.ImageStatusRequest", {
  image: nested(1, ImageSpec),
  verbose: bool(2),
})

export const ImageStatusResponse = message("runtime.v1.ImageStatusResponse", {
  image: nested(1, Image),
  info: map(2, "string"),
})

export const AuthConfig = message("runtime.v1.AuthConfig", {
  username: text(1),
  password: text(2),
  auth: text(3),
  serverAddress: text(4),
  identityToken: text(5),
  registryToken: text(6),
})

export const PullImageRequest = message("runtime.v1.PullImageRequest", {
  image: nested(1, ImageSpec),
  auth: nested(2, AuthConfig),
  sandboxConfig: nested(3, PodSandboxConfig),
})

export const PullImageResponse = message("runtime.v1.PullImageResponse", {
  imageRef: text(1),
})

export const RemoveImageRequest = message("runtime.v1.RemoveImageRequest", {
  image: nested(1, ImageSpec),
})

export const ImageFsInfoResponse = message("runtime.v1.ImageFsInfoResponse", {
  imageFilesystems: repeated(1, FilesystemUsage),
  containerFilesystems: repeated(2, FilesystemUsage),
})
