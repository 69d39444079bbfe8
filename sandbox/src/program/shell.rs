//! The environment in the words of a shell.

use clap::ValueEnum;

/// A shell to paste into.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shell {
    /// bash, zsh, sh
    Bash,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

impl Shell {
    /// One line that sets a variable, whatever the value holds.
    pub(crate) fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Bash => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'")
            }
            Self::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_kept_in_every_shell() {
        let shown = [Shell::Bash, Shell::Fish, Shell::Powershell].map(|shell| shell.set("A", r"it's \ $x"));
        assert_eq!(shown, [r"export A='it'\''s \ $x'", r"set -gx A 'it\'s \\ $x'", r"$env:A = 'it''s \ $x'"]);
    }
}
