"""Converts a container's volumes and mounts from inputs to the Engine API's form and back."""

from __future__ import annotations

from typing import Any

from .values import Body, labels_from, labels_to


def volumes_to(items: Any) -> list[str]:
    """The `volumes` that have a source; the others are anonymous or another container's."""
    lines = []
    for item in items:
        source = item.get("hostPath") or item.get("volumeName")
        if source and item.get("containerPath"):
            flags = [
                flag
                for flag in ("ro" if item.get("readOnly") else "rw", item.get("selinuxRelabel"))
                if flag
            ]
            lines.append(f"{source}:{item['containerPath']}:{','.join(flags)}")
    return lines


def volumes_from(lines: list[str]) -> list[Body]:
    items = []
    for line in lines:
        source, target, *flags = line.split(":")
        words = flags[0].split(",") if flags else []
        item: Body = {"containerPath": target}
        item["hostPath" if source.startswith("/") else "volumeName"] = source
        if "ro" in words:
            item["readOnly"] = True
        for label in ("z", "Z"):
            if label in words:
                item["selinuxRelabel"] = label
        items.append(item)
    return items


def mounts_to(items: Any) -> list[Body]:
    mounts = []
    for item in items:
        mount: Body = {"Target": item["target"], "Type": item["type"]}
        if item.get("source"):
            mount["Source"] = item["source"]
        if item.get("readOnly"):
            mount["ReadOnly"] = True
        bind, tmpfs, volume = (
            item.get(f"{kind}Options") or {} for kind in ("bind", "tmpfs", "volume")
        )
        if bind.get("propagation"):
            mount["BindOptions"] = {"Propagation": bind["propagation"]}
        if tmpfs:
            pairs = (("sizeBytes", "SizeBytes"), ("mode", "Mode"))
            mount["TmpfsOptions"] = {api: tmpfs[key] for key, api in pairs if tmpfs.get(key)}
        if volume:
            mount["VolumeOptions"] = _volume_options(volume)
        mounts.append(mount)
    return mounts


def _volume_options(volume: Body) -> Body:
    options: Body = {}
    if volume.get("noCopy"):
        options["NoCopy"] = True
    if volume.get("subpath"):
        options["Subpath"] = volume["subpath"]
    if volume.get("labels"):
        options["Labels"] = labels_to(volume["labels"])
    if volume.get("driverName"):
        options["DriverConfig"] = {
            "Name": volume["driverName"],
            "Options": volume.get("driverOptions") or {},
        }
    return options


def mounts_from(mounts: list[Body]) -> list[Body]:
    items = []
    for mount in mounts:
        item: Body = {"target": mount["Target"], "type": mount["Type"]}
        if mount.get("Source"):
            item["source"] = mount["Source"]
        if mount.get("ReadOnly"):
            item["readOnly"] = True
        if (mount.get("BindOptions") or {}).get("Propagation"):
            item["bindOptions"] = {"propagation": mount["BindOptions"]["Propagation"]}
        tmpfs = mount.get("TmpfsOptions") or {}
        if tmpfs:
            pairs = (("sizeBytes", "SizeBytes"), ("mode", "Mode"))
            item["tmpfsOptions"] = {key: tmpfs[api] for key, api in pairs if tmpfs.get(api)}
        if volume := _volume_read(mount.get("VolumeOptions") or {}):
            item["volumeOptions"] = volume
        items.append(item)
    return items


def _volume_read(options: Body) -> Body:
    driver = options.get("DriverConfig") or {}
    read = {
        "noCopy": options.get("NoCopy"),
        "subpath": options.get("Subpath"),
        "labels": labels_from(options.get("Labels") or {}),
        "driverName": driver.get("Name"),
        "driverOptions": driver.get("Options"),
    }
    return {key: value for key, value in read.items() if value}
