# `sidenote serve` and nothing else: no base image, no shell, no root. The context is the root file system that `make image`
# puts together out of this machine's loader and libraries (tools/rootfs.sh), so no registry is asked.
FROM scratch
COPY . /
USER 65532:65532
EXPOSE 8000
ENTRYPOINT ["/usr/bin/sidenote"]
CMD ["serve", "--listen", "0.0.0.0:8000"]
