//! The name of an application from the path of its cgroup.
//!
//! By systemd's documents, desktops name units `app[-LAUNCHER]-NAME@RANDOM.service` and
//! `app[-LAUNCHER]-NAME-RANDOM.scope`, with `-` in a name escaped as `\x2d`.

/// Units that hold everything a person runs, so their names mean nothing.
const HOLDS_ALL: [&str; 3] = ["session-", "user@", "init.scope"];

/// The name of the nearest scope or service above the process, put into `buffer`. `None` if
/// there is no such unit, or if the unit holds everything.
pub fn name_of<'b>(path: &[u8], buffer: &'b mut [u8; 256]) -> Option<&'b [u8]> {
    let unit = path
        .rsplit(|byte| *byte == b'/')
        .find(|part| part.ends_with(b".scope") || part.ends_with(b".service"))?;
    if HOLDS_ALL.iter().any(|prefix| unit.starts_with(prefix.as_bytes())) {
        return None;
    }
    let is_scope = unit.ends_with(b".scope");
    let dot = unit.iter().rposition(|byte| *byte == b'.')?;
    let mut name = &unit[..dot];
    // An instance is one of many of the same name.
    if let Some(at) = name.iter().position(|byte| *byte == b'@') {
        name = &name[..at];
    }
    if let Some(rest) = name.strip_prefix(b"app-") {
        name = if is_scope { without_last_part(rest) } else { rest };
        // A launcher, if there are still two parts: `gnome-org.mozilla.firefox`.
        if let Some(dash) = name.iter().position(|byte| *byte == b'-') {
            name = &name[dash + 1..];
        }
    } else if is_scope {
        name = without_number(name);
    }
    let end = unescape(name, buffer);
    let name = &buffer[..end];
    (!name.is_empty()).then_some(name)
}

fn without_last_part(name: &[u8]) -> &[u8] {
    name.iter().rposition(|byte| *byte == b'-').map_or(name, |dash| &name[..dash])
}

/// `run-u123` and `vte-spawn-0f…` differ at each start; a number at the end says nothing.
fn without_number(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b'-') {
        Some(dash) if name[dash + 1..].iter().all(u8::is_ascii_hexdigit) => &name[..dash],
        _ => name,
    }
}

/// Undoes systemd's `\xNN`; returns how many bytes there are.
fn unescape(name: &[u8], buffer: &mut [u8; 256]) -> usize {
    let mut rest = name;
    let mut end = 0;
    while let (Some(&first), true) = (rest.first(), end < buffer.len()) {
        let escaped = rest.strip_prefix(br"\x").and_then(|digits| digits.get(..2));
        let byte = escaped
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        buffer[end] = byte.unwrap_or(first);
        end += 1;
        rest = &rest[if byte.is_some() { 4 } else { 1 }..];
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_named_as_people_know_them() {
        let check = |path: &str, expected: Option<&str>| {
            let mut buffer = [0; 256];
            let name = name_of(path.as_bytes(), &mut buffer);
            assert_eq!(name.map(String::from_utf8_lossy).as_deref(), expected, "{path}");
        };
        let user = "/user.slice/user-1000.slice/user@1000.service";
        check(&format!("{user}/app.slice/app-gnome-firefox-1234.scope"), Some("firefox"));
        check(&format!("{user}/app.slice/app-org.kde.konsole-77f3.scope"), Some("org.kde.konsole"));
        check(
            &format!(r"{user}/app.slice/app-flatpak-org.x\x2dy.App-99.scope"),
            Some("org.x-y.App"),
        );
        check(
            &format!(r"{user}/app.slice/app-gnome-org.gnome.Terminal@1f.service"),
            Some("org.gnome.Terminal"),
        );
        check(&format!("{user}/session.slice/pipewire.service"), Some("pipewire"));
        check("/system.slice/sshd.service", Some("sshd"));
        check("/system.slice/system-getty.slice/getty@tty1.service", Some("getty"));
        check("/system.slice/docker-0af3.scope", Some("docker"));
        check("/system.slice/podman.service/inner/deeper", Some("podman"));
        check("/user.slice/user-1000.slice/session-2.scope", None);
        check(&format!("{user}/init.scope"), None);
        check(user, None);
        check("/", None);
        check("", None);
        check("/a.scope/b", Some("a"));
    }

    #[test]
    fn no_path_is_too_strange() {
        let mut buffer = [0; 256];
        for path in [&b"/\\x2.scope"[..], b"/\\x.service", b"/\xff\xfe.scope", b"/.scope"] {
            let _ = name_of(path, &mut buffer);
        }
        let long = [&b"/"[..], &[b'a'; 5000], b".scope"].concat();
        assert_eq!(name_of(&long, &mut buffer).map(<[u8]>::len), Some(256));
    }
}
