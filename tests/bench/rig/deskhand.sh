# Deskhand in the side-by-side rig: a real relay, sealed, with the log and the recording on.
# Sourced by the rig's one.sh (RIG_ADAPTERS=tests/bench/rig); DESKHAND_BIN is the folder of the release programs.
KIND=viewer
DESKHAND_BIN=${DESKHAND_BIN:-target/release}
# The viewer's window has a bar above and one below the picture, and the rig's screen has no window manager that makes it full.
VIEW_SIZE=1920x1140
adapter_check() { [ -x "$DESKHAND_BIN/deskhand-host" ] && command -v xdotool >/dev/null && command -v xsetroot >/dev/null; }
said() { # said TEXT LOG: waits until a line of the log holds it
    local i; for i in $(seq 1 300); do grep -q "$1" "$RUN_DIR/$2.log" 2>/dev/null && return 0; sleep 0.1; done; return 1; }
adapter_server() {
    local data=$RUN_DIR/relay key
    {
        "$DESKHAND_BIN/deskhand-relay" init --data "$data" --org Rig --no-passphrase
        key=$("$DESKHAND_BIN/deskhand-viewer" keygen --json --no-passphrase --out "$RUN_DIR/ana.key" | sed 's/.*"public":"\([^"]*\)".*/\1/')
        "$DESKHAND_BIN/deskhand-relay" tech add Ana "$key" --data "$data" --no-passphrase
        "$DESKHAND_BIN/deskhand-relay" package --data "$data" --out "$RUN_DIR/package" --address 127.0.0.1:7443 --no-passphrase
    } >"$RUN_DIR/office.log" 2>&1 || return 1
    PORTS=7443
    spawn relay "$DESKHAND_BIN/deskhand-relay" serve --data "$data" --listen 127.0.0.1:7443; RELAY_PIDS=$SPAWNED
    wait_udp 7443 || return 1
    mkfifo "$RUN_DIR/answers"; exec 7<>"$RUN_DIR/answers"
    # The observer compares pixels of the two screens; the customer's pointer, which the viewer draws over the picture, is none of them.
    printf '#define none_width 16\n#define none_height 1\n#define none_x_hot 0\n#define none_y_hot 0\nstatic char none_bits[] = {\n 0x00, 0x00};\n' >"$RUN_DIR/none.xbm"
    DISPLAY=$SRC_DISPLAY xsetroot -cursor "$RUN_DIR/none.xbm" "$RUN_DIR/none.xbm"
    DISPLAY=$SRC_DISPLAY spawn server bash -c "exec '$DESKHAND_BIN/deskhand-host' --headless --json --config '$RUN_DIR/package/deskhand.toml' <'$RUN_DIR/answers'"
    SERVER_PIDS=$SPAWNED
    said '"event":"code"' server
}
adapter_viewer() {
    local code; code=$(sed -n 's/.*"code":"\([^"]*\)".*/\1/p' "$RUN_DIR/server.log" | tail -1)
    DISPLAY=$VIEW_DISPLAY spawn viewer "$DESKHAND_BIN/deskhand-viewer" --config "$RUN_DIR/package/deskhand.toml" --key "$RUN_DIR/ana.key" --code "$code" --fullscreen --scale 1
    VIEWER_PIDS=$SPAWNED
    said '"event":"consent"' server || return 1
    echo 'view control' >&7
    said '"event":"granted"' server || return 1
    # The picture lies at 0,0 then: on a plain page the observer would take that for right anyway.
    local window; window=$(DISPLAY=$VIEW_DISPLAY xdotool search --sync --onlyvisible --name Deskhand | head -1)
    DISPLAY=$VIEW_DISPLAY xdotool windowsize --sync "$window" 1920 1240 windowmove "$window" 0 -90
}
