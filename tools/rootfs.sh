#!/usr/bin/env bash
# rootfs.sh DIRECTORY PROGRAM [busybox]: builds a root file system from this machine's files, so that no image from a registry is
# needed: the loader, PROGRAM's libraries, the files for glibc's name resolution, and the root certificates.
#
# With `busybox` also a shell and its commands, and no PROGRAM: the stand-in for AWS's base image that `make test-sam` uses.
set -euo pipefail

root=$1 program=$2 shell=${3:-}

rm -rf "$root"
mkdir -p "$root"/{etc/ssl/certs,usr/bin,usr/lib,var/task,tmp,data}
# A new volume at /data takes this mode over, so that the program, which is not root, can write there.
chmod 1777 "$root/tmp" "$root/data"

# The places where the program expects them: the loader has an absolute path, the others are in the loader's directories.
copy_libraries() {
    local line path
    ldd "$1" | while read -r line; do
        for path in $line; do
            case $path in
                /*) mkdir -p "$root$(dirname "$path")" && cp -L "$path" "$root$path" ;;
            esac
        done
    done
}

copy_libraries "$program"
# glibc loads this library by name for DNS.
resolver=$(ldd "$program" | sed -n 's|.*=> \(.*\)/libc\.so\.6 .*|\1|p')
for library in libresolv.so.2 libnss_dns.so.2 libnss_files.so.2; do
    [ ! -e "$resolver/$library" ] || cp -L "$resolver/$library" "$root$resolver/"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
printf '%s\n' 'root:x:0:0::/:/' 'sidenote:x:65532:65532::/:/' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'sidenote:x:65532:' >"$root/etc/group"

if [ -n "$shell" ]; then
    mkdir -p "$root/bin"
    install -m 755 "$(command -v busybox)" "$root/bin/busybox"
    for name in sh chmod ls cat env mkdir cp mv rm; do ln -s busybox "$root/bin/$name"; done
else
    install -m 755 "$program" "$root/usr/bin/sidenote"
fi
