# `sidenote serve` and nothing else: no base image, no shell, no root. The context is the root file system that `make image`
# puts together out of this machine's loader and libraries (tools/rootfs.sh), so no registry is asked.
FROM scratch
# In a plain checkout this file is missing, and the build ends here: use `make image`.
COPY usr/bin/sidenote /usr/bin/sidenote
COPY . /
USER 65532:65532
EXPOSE 8000
# State and queue. Without a volume of your own they are lost with the container.
ENV STATE_PATH=/data/sidenote.db
VOLUME /data
ENTRYPOINT ["/usr/bin/sidenote"]
CMD ["serve", "--listen", "0.0.0.0:8000"]
