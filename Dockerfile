# The operator's image: one static binary on an empty root, run as nobody in particular.
FROM rust:1.95.0-bookworm AS build
WORKDIR /src
COPY . .
# The image's own toolchain, without the components that rust-toolchain.toml adds for developers.
# Static with glibc: the final stage has no loader.
RUN export RUSTUP_TOOLCHAIN="$RUST_VERSION" \
 && target="$(uname -m)-unknown-linux-gnu" \
 && RUSTFLAGS="-Ctarget-feature=+crt-static" cargo build --release --locked --package kafkapipelines-operator --target "$target" \
 && cp "target/$target/release/operator" /operator

FROM scratch
COPY --from=build /operator /operator
USER 65532:65532
ENTRYPOINT ["/operator"]
CMD ["run"]
