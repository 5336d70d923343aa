# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for tracebusctl(1)

# The first words of what "tracebusctl ARGUMENTS" lists, with the bus that the command line names.
__tracebusctl_names ()
{
  tracebusctl "${globals[@]}" "$@" --no-legend 2>/dev/null | while read -r name _; do printf '%s\n' "$name"; done
}

# The long options of a verb, as its own help tells them.
__tracebusctl_options ()
{
  tracebusctl "$@" --help 2>/dev/null | while read -r first second _; do
    case $first in
      -?,) printf '%s\n' "${second%%=*}" ;;
      --*) printf '%s\n' "${first%%=*}" ;;
    esac
  done
}

__tracebusctl_verbs ()
{
  tracebusctl --help 2>/dev/null | while read -r name _; do
    if [[ $name == Verbs: ]]; then
      while read -r name _ && [[ -n $name ]]; do printf '%s\n' "$name"; done
    fi
  done
}

# Channels of the session on the command line, the current one if there is none.
__tracebusctl_channels ()
{
  local session=$1

  if [[ -z $session ]]; then
    read -r session 2>/dev/null < "${XDG_STATE_HOME:-$HOME/.local/state}/tracebus/current-session"
  fi
  [[ -n $session ]] || return 0
  tracebusctl "${globals[@]}" list "$session" 2>/dev/null | while read -r word name _; do
    if [[ $word == Channel ]]; then printf '%s\n' "${name%:}"; fi
  done
}

# Tracepoints of the apps that run; no more than once each.
__tracebusctl_events ()
{
  tracebusctl "${globals[@]}" list --userspace --no-legend 2>/dev/null |
    while read -r _ name _; do printf '%s\n' "$name"; done | sort -u
}

_tracebusctl ()
{
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' session='' word i line=$COMP_LINE
  local -a globals=() words=()

  COMPREPLY=()
  # Readline splits at = and :, which options and event names have in them.
  read -r -a words <<< "${line:0:COMP_POINT}"
  [[ ${line:0:COMP_POINT} == *[[:space:]] ]] && words+=('')
  current=${words[${#words[@]} - 1]}
  previous=${words[${#words[@]} - 2]}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    case $word in
      --session | --system) [[ -z $verb ]] && globals+=("$word") ;;
      --session=*) session=${word#*=} ;;
      -*) ;;
      *) [[ -z $verb ]] && verb=$word ;;
    esac
    if [[ -n $verb && ( $word == -s || $word == --session ) ]]; then session=${words[i + 1]}; fi
  done

  local candidates=''
  if [[ -z $verb ]]; then
    case $current in
      -*) candidates='--help --lttng --no-ask-password --quiet --session --system --verbose --version' ;;
      *) candidates=$(__tracebusctl_verbs) ;;
    esac
  else
    case $previous in
      -s | --session) candidates=$(__tracebusctl_names list) ;;
      -c | --channel) candidates=$(__tracebusctl_channels "$session") ;;
      -o | --output) compopt -o filenames -o nospace; mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
      -t | --type) candidates=$(tracebusctl "${globals[@]}" add-context --list 2>/dev/null) ;;
      -e | --viewer) candidates=$(compgen -c -- "$current") ;;
      --buffer-ownership) candidates='user process' ;;
      --loglevel | --loglevel-only)
        candidates='TRACE_EMERG TRACE_ALERT TRACE_CRIT TRACE_ERR TRACE_WARNING TRACE_NOTICE TRACE_INFO
          TRACE_DEBUG_SYSTEM TRACE_DEBUG_PROGRAM TRACE_DEBUG_PROCESS TRACE_DEBUG_MODULE TRACE_DEBUG_UNIT
          TRACE_DEBUG_FUNCTION TRACE_DEBUG_LINE TRACE_DEBUG' ;;
      *)
        case $verb:$current in
          *:-*) candidates=$(__tracebusctl_options "$verb") ;;
          help:*) candidates=$(__tracebusctl_verbs) ;;
          start:* | stop:* | destroy:* | list:* | set-session:* | view:*) candidates=$(__tracebusctl_names list) ;;
          regenerate:*) candidates='metadata statedump' ;;
          enable-channel:* | disable-channel:*) candidates=$(__tracebusctl_channels "$session") ;;
          enable-event:* | disable-event:*) candidates=$(__tracebusctl_events) ;;
        esac ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
  # What stands before the last : or = is on the line already.
  if [[ $current == *[:=]* && $COMP_WORDBREAKS == *[:=]* ]]; then
    local kept=${current%"${current##*[:=]}"}
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$kept"}; done
  fi
}

complete -F _tracebusctl tracebusctl
