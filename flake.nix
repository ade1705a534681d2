{
  description = "rstat: a system monitor for status bars, by a BPF probe and shared memory";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (pkgs: rec {
        default = rstat;
        rstat = pkgs.rustPlatform.buildRustPackage {
          pname = "rstat";
          version = "0.1.0";
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          # The wrapped clang adds hardening flags that the BPF target refuses.
          env.RSTAT_CLANG = "${pkgs.llvmPackages.clang-unwrapped}/bin/clang";
          # They load BPF programs, which a build sandbox does not allow.
          doCheck = false;
          # As a crate of that type alone: see ARCHITECTURE.md.
          postBuild = "make library";
          installPhase = ''
            runHook preInstall
            install -Dm755 -t $out/bin target/*/release/rstatd target/*/release/rstat-read \
              target/*/release/rstat-waybar target/*/release/rstat-watch
            make -o library install-library PREFIX=$out
            runHook postInstall
          '';
          meta = {
            description = "System monitor for status bars, by a BPF probe and shared memory";
            license = with pkgs.lib.licenses; [
              mit
              asl20
            ];
            mainProgram = "rstatd";
            platforms = systems;
          };
        };
      });

      nixosModules.default =
        {
          config,
          lib,
          pkgs,
          ...
        }:
        {
          options.services.rstat.enable = lib.mkEnableOption "the rstat daemon";
          config = lib.mkIf config.services.rstat.enable {
            environment.systemPackages = [ self.packages.${pkgs.system}.default ];
            systemd.services.rstatd = {
              description = "System monitor for status bars";
              wantedBy = [ "multi-user.target" ];
              serviceConfig.ExecStart = "${self.packages.${pkgs.system}.default}/bin/rstatd";
            };
          };
        };
    };
}
