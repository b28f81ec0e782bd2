# cmake -DNM=... -DOBJECTS=... -P check.cmake: fails if objects take from
# a library what computes other last bits, or other random numbers, in another
# library or on another processor. What IEEE 754 defines to the last bit (sqrt,
# fma, floor, round ...) may come from where it likes.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} ${OBJECTS} OUTPUT_VARIABLE symbols ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" symbols "${symbols}")

set(functions "exp|exp2|exp10|pow10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|sincos|atan2"
              "a?(sin|cos|tan)h?|erfc?|[lt]?gamma|lgamma_r|[jy][01n]")
string(JOIN "|" functions ${functions})
set(found)
foreach(symbol IN LISTS symbols)
  if(symbol MATCHES " U (__)?(${functions})(f|l|f32|f64|f128|_finite)?$"
     OR symbol MATCHES " _Z.*St[0-9]*[0-9](([a-z_]+_distribution)|generate_canonical|([a-z_]+_engine)|random_device)")
    string(REGEX REPLACE "^.* " "" name "${symbol}")
    list(APPEND found ${name})
  endif()
endforeach()
list(LENGTH symbols looked_at)
if(looked_at LESS 10)
  message(FATAL_ERROR "${OBJECTS} has no symbols to look at")
endif()
if(found)
  list(REMOVE_DUPLICATES found)
  string(JOIN " " found ${found})
  message(FATAL_ERROR "${OBJECTS} takes from a library: ${found}")
endif()
